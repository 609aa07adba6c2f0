#include "tl_rows_kernels.h"

static inline int32_t product(uint32_t bit, int16_t a)
{
    return (int32_t)(bit & 1u) * a;
}

static inline int32_t dot_eight(uint32_t w, const int16_t *a)
{
    int32_t sum = product(w, a[0]);
    sum += product(w >> 1, a[1]);
    sum += product(w >> 2, a[2]);
    sum += product(w >> 3, a[3]);
    sum += product(w >> 4, a[4]);
    sum += product(w >> 5, a[5]);
    sum += product(w >> 6, a[6]);
    sum += product(w >> 7, a[7]);
    return sum;
}

/*
 * Eight weights a turn, because a whole word's 32 activations would not stay in the registers. On the LX6: 8 extui, 8 l16si, 8 mull,
 * 8 add, a shift of the word, a pointer step and a quarter of l32i: 4.3 instructions a MAC (counted: 5.5). A branch on the bit (bbci, l16si, add)
 * would take 2 or 3, and a bubble each time it is taken.
 */
static int32_t dot_bits(const uint32_t *words, const int16_t *a, uint32_t n)
{
    int32_t sum = 0;
    uint32_t i = 0;
    while (n - i >= 32) {
        uint32_t w = *words++;
        for (const uint32_t end = i + 32; i < end; i += 8, w >>= 8) sum += dot_eight(w, a + i);
    }
    for (uint32_t shift = 0; i < n; i++, shift++) sum += product(*words >> shift, a[i]);
    return sum;
}

float tl_row_binary(const struct tl_row *row, const struct tl_vector *in)
{
    const uint32_t *words = tl_words(row->weights);
    float t = 0.0f;
    for (uint32_t first = 0; first < in->n; first += TL_SPAN) {
        const int32_t products = dot_bits(words + first / 32, in->codes + first, tl_part(in, first, TL_SPAN));
        t = t + (float)(2 * products - tl_span_sum(in, first));
    }
    return t;
}
