#include "bench_arena.h"

#include <stddef.h>

#define GRAIN 16u

/** Stands before every piece, taken or not; the arena is a gapless row of them. */
struct header {
    uint32_t bytes; /* the header included */
    uint32_t taken;
    uint32_t unused[2];
};

static struct header *at(const struct bench_arena *arena, uint32_t offset)
{
    return (struct header *)(void *)(arena->start + offset);
}

void bench_arena_init(struct bench_arena *arena, void *start, uint32_t bytes)
{
    *arena = (struct bench_arena){start, bytes & ~(GRAIN - 1), 0, 0, 0};
    if (arena->total >= GRAIN) *at(arena, 0) = (struct header){arena->total, 0, {0, 0}};
}

static void count(struct bench_arena *arena, uint32_t bytes)
{
    arena->used += bytes;
    if (arena->used > arena->peak) arena->peak = arena->used;
    if (arena->used > arena->peak_run) arena->peak_run = arena->used;
}

/** Joins a free piece with the free pieces behind it. */
static void join(struct bench_arena *arena, uint32_t offset)
{
    struct header *piece = at(arena, offset);
    while (offset + piece->bytes < arena->total && !at(arena, offset + piece->bytes)->taken) {
        piece->bytes += at(arena, offset + piece->bytes)->bytes;
    }
}

void *bench_arena_take(struct bench_arena *arena, uint32_t bytes)
{
    if (bytes == 0 || bytes > arena->total) return NULL;
    const uint32_t wanted = ((bytes + GRAIN - 1) & ~(GRAIN - 1)) + (uint32_t)sizeof(struct header);
    for (uint32_t offset = 0; offset < arena->total; offset += at(arena, offset)->bytes) {
        struct header *piece = at(arena, offset);
        if (piece->taken) continue;
        join(arena, offset);
        if (piece->bytes < wanted) continue;
        if (piece->bytes > wanted) *at(arena, offset + wanted) = (struct header){piece->bytes - wanted, 0, {0, 0}};
        *piece = (struct header){wanted, 1, {0, 0}};
        count(arena, wanted);
        return piece + 1;
    }
    return NULL;
}

void bench_arena_give(struct bench_arena *arena, void *piece)
{
    if (!piece) return;
    struct header *header = (struct header *)piece - 1;
    header->taken = 0;
    arena->used -= header->bytes;
}

/** Bytes of the largest gap, which may be several free pieces in a row, without the header that it would get. */
static uint32_t largest_gap(const struct bench_arena *arena)
{
    uint32_t gap = 0, largest = 0;
    for (uint32_t offset = 0; offset < arena->total; offset += at(arena, offset)->bytes) {
        gap = at(arena, offset)->taken ? 0 : gap + at(arena, offset)->bytes;
        if (gap > largest) largest = gap;
    }
    return largest > sizeof(struct header) ? largest - (uint32_t)sizeof(struct header) : 0;
}

void bench_arena_usage(const struct bench_arena *arena, struct bench_usage *usage)
{
    *usage = (struct bench_usage){
        .total = arena->total, .free = arena->total - arena->used, .largest = largest_gap(arena), .peak = arena->peak,
        .peak_run = arena->peak_run,
    };
}

void bench_arena_mark(struct bench_arena *arena)
{
    arena->peak_run = arena->used;
}
