#include "bench_psram.h"

/** Words that are charged together. */
#define CHUNK_WORDS 4096u

/** Words that all hold the same in turn: 128 KB, so that none is in a cache any more when it is read. */
#define SAME_WORDS 32768u

/** One core's part of a sweep over the piece: words first .. end - 1. */
typedef void sweep(const struct bench_psram *test, uint32_t first, uint32_t end, struct bench_psram_found *found);

/** A sweep that cores share, each with findings of its own. */
struct shared_sweep {
    const struct bench_psram *test;
    sweep *sweep;
    struct bench_psram_found found[2];
};

static void charge_written(const struct bench_psram *test, uint32_t first, uint32_t count)
{
    tl_charge(test->hal, TL_KERNEL_COPY, 4 * count, &test->words[first], tl_written_bytes(4 * count));
}

static void charge_read(const struct bench_psram *test, uint32_t first, uint32_t count)
{
    tl_charge(test->hal, TL_KERNEL_ELEMENTWISE, count, &test->words[first], 4 * count);
}

/** What comes with lines that a write has fetched, or that are in the cache. */
static void charge_checked(const struct bench_psram *test, uint32_t count)
{
    tl_charge(test->hal, TL_KERNEL_ELEMENTWISE, count, test->words, 0);
}

static uint32_t address_of(const struct bench_psram *test, uint32_t index)
{
    return test->offset + 4 * index;
}

static void write_addresses(const struct bench_psram *test, uint32_t first, uint32_t end, struct bench_psram_found *found)
{
    for (uint32_t i = first; i < end; i++) {
        uint32_t *word = &test->words[i];
        const uint32_t address = address_of(test, i);
        bench_psram_check(test, i, address, bench_psram_store_word(word, word, address), found);
    }
    charge_written(test, first, end - first);
    charge_checked(test, end - first);
}

static void turn_addresses(const struct bench_psram *test, uint32_t first, uint32_t end, struct bench_psram_found *found)
{
    for (uint32_t i = first; i < end; i++) {
        uint32_t *word = &test->words[i];
        const uint32_t address = address_of(test, i);
        bench_psram_check(test, i, address, bench_psram_load(word), found);
        const uint32_t got = bench_psram_store_bytes((unsigned char *)word, word, ~address);
        bench_psram_check(test, i, ~address, got, found);
    }
    charge_written(test, first, end - first);
    charge_checked(test, 2 * (end - first));
}

static void read_complements(const struct bench_psram *test, uint32_t first, uint32_t end, struct bench_psram_found *found)
{
    for (uint32_t i = first; i < end; i++) {
        bench_psram_check(test, i, ~address_of(test, i), bench_psram_load(&test->words[i]), found);
    }
    charge_read(test, first, end - first);
}

/** Core 0 has the lower half. */
static void sweep_half(void *arg, uint32_t core)
{
    struct shared_sweep *shared = arg;
    const uint32_t half = shared->test->count / 2;
    const uint32_t end = core == 0 ? half : shared->test->count;
    for (uint32_t first = core == 0 ? 0 : half; first < end; first += CHUNK_WORDS) {
        const uint32_t count = end - first < CHUNK_WORDS ? end - first : CHUNK_WORDS;
        shared->sweep(shared->test, first, first + count, &shared->found[core]);
    }
}

static void add_found(struct bench_psram_found *found, const struct bench_psram_found *more)
{
    const uint32_t errors = found->errors + more->errors;
    if (found->errors == 0) {
        found->offset = more->offset;
        found->expected = more->expected;
        found->got = more->got;
    }
    found->errors = errors;
}

static void run_sweep(const struct bench_psram *test, sweep *sweep, struct bench_psram_found *found)
{
    struct shared_sweep shared = {.test = test, .sweep = sweep};
    if (test->hal->parallel) {
        test->hal->parallel(test->hal->ctx, sweep_half, &shared);
    } else {
        for (uint32_t core = 0; core < 2; core++) sweep_half(&shared, core);
    }
    for (int core = 0; core < 2; core++) add_found(found, &shared.found[core]);
}

static void test_same(const struct bench_psram *test, uint32_t pattern, struct bench_psram_found *found)
{
    const uint32_t count = test->count < SAME_WORDS ? test->count : SAME_WORDS;
    for (uint32_t i = 0; i < count; i++) *(volatile uint32_t *)&test->words[i] = pattern;
    charge_written(test, 0, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t got = bench_psram_load(&test->words[i]);
        if (bench_psram_check(test, i, pattern, got, found)) found->data |= got ^ pattern;
    }
    charge_read(test, 0, count);
}

void bench_psram_test(const struct bench_psram *test, struct bench_psram_found *found)
{
    static const uint32_t patterns[] = {0, 0xffffffffu, 0x55555555u, 0x33333333u, 0x0f0f0f0fu, 0x00ff00ffu, 0x0000ffffu};
    static sweep *const sweeps[] = {write_addresses, turn_addresses, read_complements};
    bench_psram_lines(test, found);
    if (found->lines) return;
    for (unsigned i = 0; i < sizeof patterns / sizeof *patterns; i++) test_same(test, patterns[i], found);
    for (unsigned i = 0; i < sizeof sweeps / sizeof *sweeps; i++) run_sweep(test, sweeps[i], found);
}
