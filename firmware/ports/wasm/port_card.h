#ifndef PORT_CARD_H
#define PORT_CARD_H

#include "bench_card_port.h"

/** Writing to the virtual board's card; takes any ctx. */
extern const struct bench_card_ops port_card;

#endif
