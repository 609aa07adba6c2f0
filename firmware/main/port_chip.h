#ifndef PORT_CHIP_H
#define PORT_CHIP_H

#include "bench_port.h"

/** As in struct bench_port. */
void port_chip(void *ctx, struct bench_chip *chip);

#endif
