#include "tl_rows_kernels.h"

static inline int32_t product(uint32_t code, int16_t a)
{
    return (int32_t)(code & 3u) * a;
}

static inline int32_t dot_four(uint32_t w, const int16_t *a)
{
    int32_t sum = product(w, a[0]);
    sum += product(w >> 2, a[1]);
    sum += product(w >> 4, a[2]);
    sum += product(w >> 6, a[3]);
    return sum;
}

/*
 * Sixteen weights of one word. On the LX6: l32i, 16 extui, 16 l16si, 16 mull, 16 add, 2 pointer steps: 4.2 instructions a MAC, and
 * 4.6 with what a group of int2 takes besides. A table per byte of activations was counted at 1.4, MAC16 assembly at 2.2.
 */
static inline int32_t dot_word(uint32_t w, const int16_t *a)
{
    return dot_four(w, a) + dot_four(w >> 8, a + 4) + dot_four(w >> 16, a + 8) + dot_four(w >> 24, a + 12);
}

static int32_t dot_codes(const uint32_t *words, const int16_t *a, uint32_t n)
{
    int32_t sum = 0;
    uint32_t i = 0;
    for (; n - i >= 16; i += 16) sum += dot_word(*words++, a + i);
    for (uint32_t shift = 0; i < n; i++, shift += 2) sum += product(*words >> shift, a[i]);
    return sum;
}

float tl_row_int2(const struct tl_row *row, const struct tl_vector *in)
{
    const uint32_t *words = tl_words(row->weights);
    float t = 0.0f;
    for (uint32_t first = 0, group = 0; first < in->n; first += TL_GROUP, group++) {
        const int32_t products = dot_codes(words + 2 * group, in->codes + first, tl_part(in, first, TL_GROUP));
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
