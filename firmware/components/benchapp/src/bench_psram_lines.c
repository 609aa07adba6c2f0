#include <stdbool.h>

#include "bench_psram.h"

/** Words behind the one whose cache line is to go: 64 KB, twice the cache that it can be in. */
#define EVICTING_WORDS 16384u
#define LINE_WORDS (TL_CACHE_LINE / 4)

#define PATTERN 0x5a5a5a5au

static uint32_t differing_bits(uint32_t a, uint32_t b)
{
    uint32_t count = 0;
    for (uint32_t rest = a ^ b; rest; rest &= rest - 1) count++;
    return count;
}

/** The first two words of the piece whose addresses differ in `bit` alone. False when it has none. */
static bool pair_of(const struct bench_psram *test, uint32_t bit, uint32_t *low, uint32_t *high)
{
    const uint32_t first = test->offset & bit ? test->offset + bit : test->offset;
    *low = (first - test->offset) / 4;
    *high = *low + bit / 4;
    return *high < test->count;
}

static void store(const struct bench_psram *test, uint32_t index, uint32_t value)
{
    *(volatile uint32_t *)&test->words[index] = value;
    tl_charge(test->hal, TL_KERNEL_COPY, 4, &test->words[index], tl_written_bytes(4));
}

/** Has the line of words[index] leave the cache, so that the next load of it is PSRAM's. */
static void evict(const struct bench_psram *test, uint32_t index)
{
    const uint32_t count = test->count < EVICTING_WORDS ? test->count : EVICTING_WORDS;
    const uint32_t behind = index + LINE_WORDS;
    const uint32_t first = behind + count <= test->count ? behind : test->count - count;
    for (uint32_t i = 0; i < count; i++) (void)bench_psram_load(&test->words[first + i]);
    tl_charge(test->hal, TL_KERNEL_ELEMENTWISE, count, &test->words[first], 4 * count);
}

/** Which of the two stores reached PSRAM last depends on the cache: either word may have the other's value. */
static bool is_one_word(const struct bench_psram *test, uint32_t low, uint32_t high, struct bench_psram_found *found)
{
    const uint32_t index[2] = {low, high}, value[2] = {PATTERN, ~PATTERN};
    for (int i = 0; i < 2; i++) store(test, index[i], value[i]);
    for (int i = 0; i < 2; i++) evict(test, index[i]);
    for (int i = 0; i < 2; i++) {
        const uint32_t got = bench_psram_load(&test->words[index[i]]);
        if (differing_bits(got, value[i]) <= 16) continue; /* of its own pattern; a data bit is no address's fault */
        bench_psram_check(test, index[i], value[i], got, found);
        return true;
    }
    return false;
}

void bench_psram_lines(const struct bench_psram *test, struct bench_psram_found *found)
{
    uint32_t low, high;
    for (uint32_t bit = 4; bit / 4 < test->count; bit <<= 1) {
        if (pair_of(test, bit, &low, &high) && is_one_word(test, low, high, found)) found->lines |= bit;
    }
}
