#ifndef BENCH_PSRAM_H
#define BENCH_PSRAM_H

#include <stdint.h>

#include "tl_hal.h"

/** A piece of PSRAM that is tested, and is full of patterns afterwards. */
struct bench_psram {
    const struct tl_hal *hal;
    uint32_t *words; /* (count) */
    uint32_t count;
    uint32_t offset; /* bytes from PSRAM's first address to `words`, a multiple of 4: what its address lines carry */
};

/** What a test found. All 0: every word held what was written to it. */
struct bench_psram_found {
    uint32_t errors; /* reads that gave something else */
    uint32_t data;   /* bits that were wrong while all words held the same: data lines, or cells */
    uint32_t lines;  /* address bits that do not tell two words apart */
    uint32_t offset; /* of the first wrong word in PSRAM; with `expected` and `got` only where there are errors */
    uint32_t expected;
    uint32_t got;
};

/**
 * Tests the piece, in this order, and adds to `found`:
 * - pairs of words whose addresses differ in one bit. When some are one word, that is all: whatever is written then may
 *   destroy what lies beside the piece;
 * - words that all hold the same, in patterns in which any two data bits differ once;
 * - every word's own address, then its complement, written and read back at once, by both cores where there are two.
 * Between what is written and what is read for good lie more bytes than the chip's caches hold, in pieces of 128 KB and more.
 */
void bench_psram_test(const struct bench_psram *test, struct bench_psram_found *found);

/** The first of these alone. */
void bench_psram_lines(const struct bench_psram *test, struct bench_psram_found *found);

/** Counts a read of words[index] that gave `got`. True when it was wrong. */
static inline int bench_psram_check(const struct bench_psram *test, uint32_t index, uint32_t expected, uint32_t got,
                                    struct bench_psram_found *found)
{
    if (got == expected) return 0;
    if (found->errors++ == 0) {
        found->offset = test->offset + 4 * index;
        found->expected = expected;
        found->got = got;
    }
    return 1;
}

/** A load that no compiler leaves out. */
static inline uint32_t bench_psram_load(const uint32_t *word)
{
    return *(const volatile uint32_t *)word;
}

/*
 * Stores `value` to `to` and loads `from`, the same word, in the next instruction: where no cache line is there yet, an ESP32
 * of revision 1 may lose the store or load what was there before (CONFIG_SPIRAM_CACHE_WORKAROUND of ESP-IDF is the compiler's
 * way round that). In a file of their own, so that a compiler that does not know that the two are one word keeps both.
 */

/** As one word. */
uint32_t bench_psram_store_word(uint32_t *to, const uint32_t *from, uint32_t value);

/** Byte by byte: what is loaded is wider than what was stored last. */
uint32_t bench_psram_store_bytes(unsigned char *to, const uint32_t *from, uint32_t value);

#endif
