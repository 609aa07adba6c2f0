#include "tl_rows_kernels.h"

static inline int32_t product(uint32_t nibble, int16_t a)
{
    return (int32_t)(nibble & 15u) * a;
}

/*
 * Eight weights of one word. On the LX6: l32i, 8 extui, 8 l16si, 8 mull, 8 add, 2 pointer steps: 4.4 instructions a MAC, and with
 * what a group of 32 takes besides (two loads, slli, wfr, float.s, mul.s, add.s, the offset, loop) about 5 (counted: 5.9). MAC16 assembly with masks
 * of two nibbles was counted at 2.6.
 */
static inline int32_t dot_word(uint32_t w, const int16_t *a)
{
    int32_t sum = product(w, a[0]);
    sum += product(w >> 4, a[1]);
    sum += product(w >> 8, a[2]);
    sum += product(w >> 12, a[3]);
    sum += product(w >> 16, a[4]);
    sum += product(w >> 20, a[5]);
    sum += product(w >> 24, a[6]);
    sum += product(w >> 28, a[7]);
    return sum;
}

static int32_t dot_ragged(const uint32_t *words, const int16_t *a, uint32_t n)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += product(words[i / 8] >> (4 * (i % 8)), a[i]);
    return sum;
}

static int32_t dot_group(const uint32_t *words, const int16_t *a, uint32_t n)
{
    if (n < TL_GROUP) return dot_ragged(words, a, n);
    int32_t sum = 0;
    for (uint32_t word = 0; word < 4; word++) sum += dot_word(words[word], a + 8 * word);
    return sum;
}

float tl_row_int4(const struct tl_row *row, const struct tl_vector *in)
{
    const uint32_t *words = tl_words(row->weights);
    float t = 0.0f;
    for (uint32_t first = 0, group = 0; first < in->n; first += TL_GROUP, group++) {
        const int32_t products = dot_group(words + 4 * group, in->codes + first, tl_part(in, first, TL_GROUP));
        const float scale = tl_bfloat16_value(row->group_scales[group]);
        t = t + (float)(products - 8 * in->sums[group]) * scale;
    }
    return t;
}
