#ifndef PORT_CARD_LOOK_H
#define PORT_CARD_LOOK_H

#include "bench_card_port.h"

/* As in struct bench_card_ops; `ctx` is a struct port_state. */
int port_card_list(void *ctx, const char *folder, uint32_t index, struct bench_card_entry *entry);
int port_card_space(void *ctx, struct bench_card_space *space);
int port_card_fragments(void *ctx, const char *path, uint32_t *count);

#endif
