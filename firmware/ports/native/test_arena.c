/* The bounded allocator of the wasm and native ports. */

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "bench_arena.h"
#include "native_check.h"

#define BYTES 8192
#define PIECES 24

static char *memory;

static uint32_t free_bytes(const struct bench_arena *arena)
{
    struct bench_usage usage;
    bench_arena_usage(arena, &usage);
    return usage.free;
}

static void check_bounds(void)
{
    struct bench_arena arena;
    test_case("gives all but a header, and not a byte more");
    bench_arena_init(&arena, memory, BYTES + 7);
    EQUAL(free_bytes(&arena), BYTES);
    CHECK(bench_arena_take(&arena, BYTES - 15) == NULL);
    void *all = bench_arena_take(&arena, BYTES - 16);
    CHECK(all != NULL);
    memset(all, 1, BYTES - 16);
    EQUAL(free_bytes(&arena), 0);
    CHECK(bench_arena_take(&arena, 1) == NULL);
    bench_arena_give(&arena, all);
    EQUAL(free_bytes(&arena), BYTES);
    test_case("refuses zero and absurd sizes, ignores NULL");
    CHECK(bench_arena_take(&arena, 0) == NULL);
    CHECK(bench_arena_take(&arena, UINT32_MAX) == NULL);
    bench_arena_give(&arena, NULL);
    test_case("an arena of nothing gives nothing");
    bench_arena_init(&arena, memory, 15);
    CHECK(bench_arena_take(&arena, 1) == NULL);
}

static void check_joining(void)
{
    struct bench_arena arena;
    void *piece[3];
    test_case("joins free neighbours whatever the order they were given back in");
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (int order = 0; order < 6; order++) {
        bench_arena_init(&arena, memory, BYTES);
        for (int i = 0; i < 3; i++) piece[i] = bench_arena_take(&arena, 1000);
        for (int i = 0; i < 3; i++) bench_arena_give(&arena, piece[orders[order][i]]);
        CHECK(bench_arena_take(&arena, BYTES - 16) != NULL);
    }
}

static void check_largest(void)
{
    struct bench_arena arena;
    struct bench_usage usage;
    void *piece[4];
    test_case("tells the largest piece to be had, across free neighbours, and not a byte more");
    bench_arena_init(&arena, memory, BYTES);
    bench_arena_usage(&arena, &usage);
    EQUAL(usage.largest, BYTES - 16);
    for (int i = 0; i < 4; i++) piece[i] = bench_arena_take(&arena, i == 3 ? 1000 : 500);
    bench_arena_take(&arena, BYTES - 3 * 528 - 1024 - 16);
    bench_arena_usage(&arena, &usage);
    EQUAL(usage.largest, 0);
    bench_arena_give(&arena, piece[1]);
    bench_arena_give(&arena, piece[0]);
    bench_arena_give(&arena, piece[3]);
    bench_arena_usage(&arena, &usage);
    EQUAL(usage.largest, 2 * 528 - 16);
    CHECK(bench_arena_take(&arena, usage.largest + 1) == NULL);
    CHECK(bench_arena_take(&arena, usage.largest) != NULL);
}

static void check_peaks(void)
{
    struct bench_arena arena;
    struct bench_usage usage;
    test_case("keeps the peak since boot and since the mark apart");
    bench_arena_init(&arena, memory, BYTES);
    void *large = bench_arena_take(&arena, 4000);
    bench_arena_give(&arena, large);
    bench_arena_mark(&arena);
    void *small = bench_arena_take(&arena, 100);
    bench_arena_usage(&arena, &usage);
    EQUAL(usage.peak, 4016);
    EQUAL(usage.peak_run, 128);
    bench_arena_give(&arena, small);
    bench_arena_usage(&arena, &usage);
    EQUAL(usage.peak_run, 128);
    EQUAL(usage.total, BYTES);
}

struct piece {
    unsigned char *at;
    uint32_t bytes;
    unsigned char mark;
};

static void check_content(const struct piece *piece)
{
    for (uint32_t i = 0; i < piece->bytes; i++) {
        if (!CHECK(piece->at[i] == piece->mark)) return;
    }
}

static void check_randomly(void)
{
    struct bench_arena arena;
    struct piece pieces[PIECES] = {{NULL, 0, 0}};
    uint64_t seed = 77;
    test_case("never overlaps pieces, over 20000 takes and gives");
    bench_arena_init(&arena, memory, BYTES);
    for (int step = 0; step < 20000; step++) {
        struct piece *piece = &pieces[test_random(&seed) % PIECES];
        if (piece->at) {
            check_content(piece);
            bench_arena_give(&arena, piece->at);
            piece->at = NULL;
            continue;
        }
        piece->bytes = (uint32_t)(test_random(&seed) % 900 + 1);
        piece->mark = (unsigned char)step;
        piece->at = bench_arena_take(&arena, piece->bytes);
        if (!piece->at) continue;
        EQUAL((size_t)piece->at % 16, 0);
        memset(piece->at, piece->mark, piece->bytes);
    }
    for (int i = 0; i < PIECES; i++) bench_arena_give(&arena, pieces[i].at);
    EQUAL(arena.used, 0);
    CHECK(bench_arena_take(&arena, BYTES - 16) != NULL);
}

int main(void)
{
    memory = malloc(BYTES);
    if (!memory) return 1;
    check_bounds();
    check_joining();
    check_largest();
    check_peaks();
    check_randomly();
    free(memory);
    return test_report();
}
