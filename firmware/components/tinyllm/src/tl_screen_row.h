#ifndef TL_SCREEN_ROW_H
#define TL_SCREEN_ROW_H

#include <string.h>

#include "tl_screen.h"

/* What one row of the screen says. Private to tl_screen*.c; inline, because a scan calls it for every row of the vocabulary. */

/** bf16 bits from this on are infinite, NaN or negative. */
#define TL_SCREEN_BAD_SCALE 0x7f80u

static inline float tl_bf16(uint32_t bits)
{
    const uint32_t wide = bits << 16;
    float value;
    memcpy(&value, &wide, sizeof value);
    return value;
}

static inline uint32_t tl_screen_groups(uint32_t hidden)
{
    return hidden / TL_GROUP + (hidden % TL_GROUP != 0);
}

/** Words of one row's codes. */
static inline uint32_t tl_screen_words(uint32_t hidden)
{
    return hidden / 8 + (hidden % 8 != 0);
}

/** Sum of 8 nibbles times `a` (8). */
static inline int32_t tl_screen_eight(uint32_t word, const int16_t *a)
{
    return (int32_t)(word & 15u) * a[0] + (int32_t)(word >> 4 & 15u) * a[1] + (int32_t)(word >> 8 & 15u) * a[2] +
           (int32_t)(word >> 12 & 15u) * a[3] + (int32_t)(word >> 16 & 15u) * a[4] + (int32_t)(word >> 20 & 15u) * a[5] +
           (int32_t)(word >> 24 & 15u) * a[6] + (int32_t)(word >> 28) * a[7];
}

/** The same for the last `n` elements (0 .. 31) of a row: what pads it is never looked at. */
static inline int32_t tl_screen_tail(const uint32_t *words, const int16_t *a, uint32_t n)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += (int32_t)(words[i / 8] >> 4 * (i % 8) & 15u) * a[i];
    return sum;
}

/**
 * y of one row. `worst` grows to the largest scale bits seen.
 *
 * Nibbles are taken as they are, 0 .. 15, and 8 times the group's sum of activations subtracted once: a sum is at most
 * 32 * 15 * 32767 < 2^24 on the way. The sum with the values -8 .. 7 is at most 2^23, so float() of it is exact.
 *
 * On the LX6 a nibble costs an extui, an l16si and a mula, 3 instructions a product, and a word its l32i and the pointer's step;
 * a group on top about 20 (offset, scale widened by a slli, float.s, mul.s, add.s, moves between the register files): 3.9 a product, and a row of 192
 * about 750 instructions. At 240 MHz that is 60 MB of codes a second and core: the PSRAM's 20 MB/s bound a scan on both cores.
 */
static inline float tl_screen_value(const struct tl_screen *screen, const struct tl_vector *h, uint32_t row, uint32_t *worst)
{
    const uint32_t *words = (const uint32_t *)(const void *)screen->codes + (size_t)row * tl_screen_words(screen->hidden);
    const uint32_t groups = tl_screen_groups(screen->hidden);
    const uint16_t *scales = screen->scales + (size_t)row * groups;
    const int16_t *a = h->codes;
    const uint32_t whole = screen->hidden / TL_GROUP;
    float t = 0.0f;
    for (uint32_t g = 0; g < groups; g++) {
        int32_t sum;
        if (g < whole) {
            sum = tl_screen_eight(words[0], a) + tl_screen_eight(words[1], a + 8) + tl_screen_eight(words[2], a + 16) +
                  tl_screen_eight(words[3], a + 24);
        } else {
            sum = tl_screen_tail(words, a, screen->hidden % TL_GROUP);
        }
        const uint32_t bits = scales[g];
        if (bits > *worst) *worst = bits;
        t = t + (float)(sum - 8 * h->sums[g]) * tl_bf16(bits);
        words += TL_GROUP / 8;
        a += TL_GROUP;
    }
    return t * h->scale;
}

/**
 * b of one row. tl_screen_ask() made the N_g large enough that this is at least the real number even after every rounding here.
 * On the LX6 about 11 instructions a group; the ratios are apart from the codes in memory, so that a row that is not asked for costs no bytes.
 */
static inline float tl_screen_bound(const struct tl_screen *screen, const struct tl_screen_query *query, uint32_t row)
{
    const uint32_t groups = tl_screen_groups(screen->hidden);
    const uint16_t *scales = screen->scales + (size_t)row * groups;
    const unsigned char *ratios = screen->ratios + (size_t)row * groups;
    float t = 0.0f;
    for (uint32_t g = 0; g < groups; g++) t = t + tl_bf16(scales[g]) * ((float)ratios[g] * query->group_norms[g]);
    return t * query->h->scale;
}

#endif
