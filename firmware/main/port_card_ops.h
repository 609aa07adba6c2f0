#ifndef PORT_CARD_OPS_H
#define PORT_CARD_OPS_H

#include "bench_card_port.h"

/** Writing to the card; `ctx` is a struct port_state. */
extern const struct bench_card_ops port_card_ops;

#endif
