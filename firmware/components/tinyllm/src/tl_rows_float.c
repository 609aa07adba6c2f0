#include "tl_bits.h"
#include "tl_rows_kernels.h"

/* A binary16 with its fraction where binary32 has it: sign, 5 bits of exponent, fraction. */
#define HALF_MASK 0x8fffe000u
#define HALF_EXPONENT 0x0f800000u
#define SIGN 0x80000000u

/** From binary16's exponent to binary32's, 112 steps up, and as many again for infinities and NaN. */
#define REBIAS 0x38000000u

/** 2^-14, the value of the smallest normal binary16. */
#define SMALLEST_NORMAL 6.103515625e-5f

/* Zeros and subnormals: m * 2^-24 is (1 + m / 2^10) * 2^-14 less 2^-14, exactly, and without a subnormal binary32. */
static float subnormal(uint32_t bits)
{
    const float value = tl_float_of((bits & ~SIGN) + REBIAS + 0x00800000u) - SMALLEST_NORMAL;
    return tl_float_of(tl_bits_of(value) | (bits & SIGN));
}

float tl_float16_value(uint16_t half)
{
    const uint32_t extended = (half & 0x8000u) ? half | 0xffff0000u : half; /* a signed load of 16 bits */
    const uint32_t bits = (extended << 13) & HALF_MASK;
    if ((bits & HALF_EXPONENT) == 0) return subnormal(bits);
    if ((bits & HALF_EXPONENT) == HALF_EXPONENT) return tl_float_of(bits + 2 * REBIAS);
    return tl_float_of(bits + REBIAS);
}

float tl_bfloat16_value(uint16_t half)
{
    return tl_float_of((uint32_t)half << 16);
}

/*
 * On the LX6 a weight costs l16si, slli, and to spread its bits, bnone and ball for the rare exponents, add and wfr; then lsi,
 * mul.s and add.s as in tl_dot(), and two pointer steps for four: 10.5 instructions a MAC.
 */
float tl_dot_float16(const uint16_t *weights, const float *x, uint32_t n)
{
    float s[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t i = 0;
    for (; n - i >= 4; i += 4) {
        s[0] = s[0] + tl_float16_value(weights[i]) * x[i];
        s[1] = s[1] + tl_float16_value(weights[i + 1]) * x[i + 1];
        s[2] = s[2] + tl_float16_value(weights[i + 2]) * x[i + 2];
        s[3] = s[3] + tl_float16_value(weights[i + 3]) * x[i + 3];
    }
    for (; i < n; i++) s[i & 3u] = s[i & 3u] + tl_float16_value(weights[i]) * x[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

/*
 * On the LX6: l16ui, slli, wfr, lsi, mul.s, add.s a weight, and two pointer steps for four: 6.5 instructions a MAC. Words
 * split in two would save half an instruction, and need a second loop for rows that start on an odd half.
 */
float tl_dot_bfloat16(const uint16_t *weights, const float *x, uint32_t n)
{
    float s[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t i = 0;
    for (; n - i >= 4; i += 4) {
        s[0] = s[0] + tl_bfloat16_value(weights[i]) * x[i];
        s[1] = s[1] + tl_bfloat16_value(weights[i + 1]) * x[i + 1];
        s[2] = s[2] + tl_bfloat16_value(weights[i + 2]) * x[i + 2];
        s[3] = s[3] + tl_bfloat16_value(weights[i + 3]) * x[i + 3];
    }
    for (; i < n; i++) s[i & 3u] = s[i & 3u] + tl_bfloat16_value(weights[i]) * x[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}
