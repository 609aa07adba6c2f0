#include "tl_rows_kernels.h"

static inline int32_t product(uint32_t code, int16_t a)
{
    return (int32_t)(code & 3u) * a;
}

static inline int32_t dot_eight(uint32_t w, const int16_t *a)
{
    int32_t sum = product(w, a[0]);
    sum += product(w >> 2, a[1]);
    sum += product(w >> 4, a[2]);
    sum += product(w >> 6, a[3]);
    sum += product(w >> 8, a[4]);
    sum += product(w >> 10, a[5]);
    sum += product(w >> 12, a[6]);
    sum += product(w >> 14, a[7]);
    return sum;
}

/*
 * Eight weights a turn, because a whole word's 16 activations would not stay in the registers. On the LX6: 8 extui, 8 l16si, 8 mull,
 * 8 add, a shift of the word, a pointer step and half of l32i: 4.3 instructions a MAC (counted: 6.1), and about 5 with what a group
 * of int2 takes besides (counted: 6.6). A table per byte of activations was counted at 1.4, MAC16 assembly at 2.2.
 */
static int32_t dot_codes(const uint32_t *words, const int16_t *a, uint32_t n)
{
    int32_t sum = 0;
    uint32_t i = 0;
    while (n - i >= 16) {
        uint32_t w = *words++;
        for (const uint32_t end = i + 16; i < end; i += 8, w >>= 16) sum += dot_eight(w, a + i);
    }
    for (uint32_t shift = 0; i < n; i++, shift += 2) sum += product(*words >> shift, a[i]);
    return sum;
}

static int32_t dot_group(const uint32_t *words, const int16_t *a, uint32_t n)
{
    if (n < TL_GROUP) return dot_codes(words, a, n);
    int32_t sum = 0;
    for (uint32_t half = 0; half < 4; half++, a += 8) sum += dot_eight(words[half / 2] >> (16 * (half % 2)), a);
    return sum;
}

float tl_row_int2(const struct tl_row *row, const struct tl_vector *in)
{
    const uint32_t *words = tl_words(row->weights);
    float t = 0.0f;
    for (uint32_t first = 0, group = 0; first < in->n; first += TL_GROUP, group++) {
        const int32_t products = dot_group(words + 2 * group, in->codes + first, tl_part(in, first, TL_GROUP));
        const float scale = tl_bfloat16_value(row->group_scales[group]);
        t = t + (float)(2 * products - 3 * in->sums[group]) * scale;
    }
    return t;
}

float tl_row_ternary_2bit(const struct tl_row *row, const struct tl_vector *in)
{
    const uint32_t *words = tl_words(row->weights);
    float t = 0.0f;
    for (uint32_t first = 0; first < in->n; first += TL_SPAN) {
        const int32_t products = dot_codes(words + first / 16, in->codes + first, tl_part(in, first, TL_SPAN));
        t = t + (float)(products - tl_span_sum(in, first));
    }
    return t;
}
