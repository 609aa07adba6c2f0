#ifndef PORT_MEMORY_H
#define PORT_MEMORY_H

#include <stdint.h>

#include "bench_port.h"

struct port_memory {
    uint32_t most_used[2]; /* bytes, since the latest mark; by enum bench_memory */
};

/* As in struct bench_port; `ctx` is a struct port_state. */
void *port_memory_take(void *ctx, enum bench_memory kind, uint32_t bytes);
void port_memory_give(void *ctx, enum bench_memory kind, void *piece);
void port_memory_usage(void *ctx, enum bench_memory kind, struct bench_usage *usage);
uint32_t port_psram_offset(void *ctx, const void *piece);
void port_memory_mark(void *ctx);

#endif
