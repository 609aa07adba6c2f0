#ifndef BENCH_ARENA_H
#define BENCH_ARENA_H

#include <stdint.h>

#include "bench_port.h"

/**
 * A bounded first-fit allocator over one stretch of memory, for ports that have no allocator with high-water marks.
 * It touches only the memory of its block headers, so an unused arena costs its host no page.
 */
struct bench_arena {
    char *start;
    uint32_t total;
    uint32_t used; /* headers included */
    uint32_t peak;
    uint32_t peak_run;
};

/** `start` lies on a 16-byte boundary. `bytes` is rounded down to one. */
void bench_arena_init(struct bench_arena *arena, void *start, uint32_t bytes);

/** A piece on a 16-byte boundary, or NULL when no gap is large enough (or `bytes` is 0). */
void *bench_arena_take(struct bench_arena *arena, uint32_t bytes);

/** Gives back a piece of bench_arena_take(); NULL is ignored. */
void bench_arena_give(struct bench_arena *arena, void *piece);

void bench_arena_usage(const struct bench_arena *arena, struct bench_usage *usage);

void bench_arena_mark(struct bench_arena *arena);

#endif
