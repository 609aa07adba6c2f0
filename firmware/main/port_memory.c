#include "port_memory.h"

#include "esp_heap_caps.h"
#include "port_state.h"
#include "soc/soc.h"

#define ALIGNMENT 16

/**
 * Internal RAM that the app never gets: the card driver takes DMA buffers, FatFs its name buffers and link maps, from what is
 * left. Without it a model that just fits would load and then fail at its first read.
 */
#define INTERNAL_RESERVE_BYTES 16384u

static uint32_t caps_of(enum bench_memory kind)
{
    return MALLOC_CAP_8BIT | (kind == BENCH_PSRAM ? MALLOC_CAP_SPIRAM : MALLOC_CAP_INTERNAL);
}

static uint32_t used(enum bench_memory kind)
{
    return (uint32_t)(heap_caps_get_total_size(caps_of(kind)) - heap_caps_get_free_size(caps_of(kind)));
}

/**
 * The mark since memory_mark() is taken when the app takes memory, so it includes whatever else was in use at that moment.
 * It does not see what a driver took and gave back in between (a link map, a DMA buffer); the mark since boot does.
 */
static void mark(struct port_memory *memory, enum bench_memory kind)
{
    const uint32_t now = used(kind);
    if (now > memory->most_used[kind]) memory->most_used[kind] = now;
}

void *port_memory_take(void *ctx, enum bench_memory kind, uint32_t bytes)
{
    struct port_state *state = ctx;
    const uint32_t reserve = kind == BENCH_HEAP ? INTERNAL_RESERVE_BYTES : 0;
    const uint64_t wanted = (uint64_t)bytes + reserve;
    if (wanted > heap_caps_get_free_size(caps_of(kind))) return NULL;
    void *piece = heap_caps_aligned_alloc(ALIGNMENT, bytes ? bytes : 1, caps_of(kind));
    mark(&state->memory, kind);
    return piece;
}

void port_memory_give(void *ctx, enum bench_memory kind, void *piece)
{
    (void)ctx;
    (void)kind;
    heap_caps_free(piece);
}

/** Of the largest block, what an aligned piece would leave of it, and only as far as port_memory_take() would let it go. */
static uint32_t largest(enum bench_memory kind, uint32_t free)
{
    const uint32_t reserve = kind == BENCH_HEAP ? INTERNAL_RESERVE_BYTES : 0;
    const uint32_t allowed = free > reserve ? free - reserve : 0;
    const uint32_t block = (uint32_t)heap_caps_get_largest_free_block(caps_of(kind));
    const uint32_t aligned = block > ALIGNMENT ? block - ALIGNMENT : 0;
    return aligned < allowed ? aligned : allowed;
}

/** The least that was ever free is the sum over the heaps of one kind, each at its own worst moment: never too little. */
void port_memory_usage(void *ctx, enum bench_memory kind, struct bench_usage *usage)
{
    struct port_state *state = ctx;
    const uint32_t caps = caps_of(kind);
    mark(&state->memory, kind);
    usage->total = (uint32_t)heap_caps_get_total_size(caps);
    usage->free = (uint32_t)heap_caps_get_free_size(caps);
    usage->largest = largest(kind, usage->free);
    usage->peak = usage->total - (uint32_t)heap_caps_get_minimum_free_size(caps);
    usage->peak_run = state->memory.most_used[kind];
}

/** The address as the cores have it: how ESP-IDF maps PSRAM into both caches decides which of the chip's own bits it means. */
uint32_t port_psram_offset(void *ctx, const void *piece)
{
    (void)ctx;
    return (uint32_t)((uintptr_t)piece - SOC_EXTRAM_DATA_LOW);
}

void port_memory_mark(void *ctx)
{
    struct port_state *state = ctx;
    for (int kind = BENCH_HEAP; kind <= BENCH_PSRAM; kind++) {
        state->memory.most_used[kind] = used((enum bench_memory)kind);
    }
}
