#include "tl_rows.h"

#include <string.h>

#include "tl_bits.h"

/** The element of largest magnitude gets this code. */
#define LARGEST_CODE 32767

#define NAN_BITS 0x7fc00000u
#define INFINITE_BITS 0x7f800000u
#define TINY_BITS 0x0d800000u /* 2^-100: below, 32767 / amax could overflow */

/* Magnitudes compare as integers, and a NaN is larger than all of them. */
static uint32_t largest_magnitude(const float *x, uint32_t n)
{
    uint32_t largest = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t magnitude = tl_bits_of(x[i]) & 0x7fffffffu;
        if (magnitude > largest) largest = magnitude;
    }
    return largest;
}

static int16_t code_of(float t)
{
    const int32_t code = (int32_t)(t >= 0.0f ? t + 0.5f : t - 0.5f);
    if (code > LARGEST_CODE) return LARGEST_CODE;
    return (int16_t)(code < -LARGEST_CODE ? -LARGEST_CODE : code);
}

static void sum_groups(struct tl_vector *vector)
{
    for (uint32_t first = 0, group = 0; first < vector->n; first += TL_GROUP, group++) {
        const uint32_t end = vector->n - first < TL_GROUP ? vector->n : first + TL_GROUP;
        int32_t sum = 0;
        for (uint32_t i = first; i < end; i++) sum += vector->codes[i];
        vector->sums[group] = sum;
    }
}

void tl_vector_quantize(struct tl_vector *vector)
{
    const uint32_t m = largest_magnitude(vector->values, vector->n);
    if (m >= INFINITE_BITS || m < TINY_BITS) {
        vector->scale = m >= INFINITE_BITS ? tl_float_of(NAN_BITS) : 0.0f;
        memset(vector->codes, 0, vector->n * sizeof *vector->codes);
    } else {
        const float amax = tl_float_of(m);
        const float inv = (float)LARGEST_CODE / amax;
        vector->scale = amax / (float)LARGEST_CODE;
        for (uint32_t i = 0; i < vector->n; i++) vector->codes[i] = code_of(vector->values[i] * inv);
    }
    sum_groups(vector);
}
