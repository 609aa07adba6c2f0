#include "native_naive.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"

#define MAX_COLS 4096

static uint32_t up_to_four(uint32_t bytes)
{
    while (bytes % 4 != 0) bytes++;
    return bytes;
}

static uint32_t ceil_of(uint32_t n, uint32_t per)
{
    return (uint32_t)ceil((double)n / per);
}

/** Bytes before the weights of a row. */
static uint32_t head_bytes(enum tl_format format, uint32_t cols)
{
    switch (format) {
    case TL_INT4:
    case TL_INT2: return up_to_four(2 * ceil_of(cols, 32));
    case TL_INT8_ROW:
    case TL_TERNARY:
    case TL_TERNARY_2BIT:
    case TL_BINARY: return 4;
    default: return 0;
    }
}

uint32_t naive_row_bytes(enum tl_format format, uint32_t cols)
{
    const uint32_t head = head_bytes(format, cols);
    switch (format) {
    case TL_FLOAT32: return 4 * cols;
    case TL_FLOAT16:
    case TL_BFLOAT16: return 2 * cols;
    case TL_INT8: return cols;
    case TL_INT8_ROW: return head + up_to_four(cols);
    case TL_INT4: return head + up_to_four(ceil_of(cols, 2));
    case TL_INT2:
    case TL_TERNARY_2BIT: return head + up_to_four(ceil_of(cols, 4));
    case TL_TERNARY: return head + up_to_four(ceil_of(cols, 5));
    case TL_BINARY: return head + up_to_four(ceil_of(cols, 8));
    default: abort();
    }
}

static uint32_t little_endian(const unsigned char *bytes, int count)
{
    uint32_t value = 0;
    for (int i = 0; i < count; i++) value |= (uint32_t)bytes[i] << (8 * i);
    return value;
}

float naive_scale(enum tl_format format, const unsigned char *row, uint32_t cols, uint32_t i, float tensor_scale)
{
    (void)cols;
    if (format == TL_INT8) return tensor_scale;
    if (format == TL_INT4 || format == TL_INT2) return test_float(little_endian(row + 2 * (i / 32), 2) << 16);
    return test_float(little_endian(row, 4));
}

static int bits_at(const unsigned char *weights, uint32_t first_bit, uint32_t count)
{
    int value = 0;
    for (uint32_t b = 0; b < count; b++) {
        const uint32_t bit = first_bit + b;
        if (weights[bit / 8] & (1 << (bit % 8))) value += 1 << b;
    }
    return value;
}

static int digit_at(unsigned char byte, uint32_t k)
{
    int power = 1;
    for (uint32_t i = 0; i < k; i++) power *= 3;
    return byte / power % 3;
}

int naive_code(enum tl_format format, const unsigned char *row, uint32_t cols, uint32_t i)
{
    const unsigned char *w = row + head_bytes(format, cols);
    switch (format) {
    case TL_INT8: return w[i] < 128 ? w[i] : w[i] - 256;
    case TL_INT8_ROW: return w[i] - 128;
    case TL_INT4: return bits_at(w, 4 * i, 4) - 8;
    case TL_INT2: return 2 * bits_at(w, 2 * i, 2) - 3;
    case TL_TERNARY: return digit_at(w[i / 5], i % 5) - 1;
    case TL_TERNARY_2BIT: return bits_at(w, 2 * i, 2) - 1;
    case TL_BINARY: return 2 * bits_at(w, i, 1) - 1;
    default: abort();
    }
}

static float half_value(uint32_t half)
{
    const int exponent = (int)(half >> 10 & 31);
    const int fraction = (int)(half & 1023);
    float value;
    if (exponent == 31) value = fraction ? NAN : INFINITY;
    else if (exponent == 0) value = ldexpf((float)fraction, -24);
    else value = ldexpf((float)(1024 + fraction), exponent - 25);
    return half & 0x8000 ? -value : value;
}

float naive_value(enum tl_format format, const unsigned char *row, uint32_t cols, uint32_t i, float tensor_scale)
{
    switch (format) {
    case TL_FLOAT32: return test_float(little_endian(row + 4 * i, 4));
    case TL_FLOAT16: return half_value(little_endian(row + 2 * i, 2));
    case TL_BFLOAT16: return test_float(little_endian(row + 2 * i, 2) << 16);
    default: return (float)naive_code(format, row, cols, i) * naive_scale(format, row, cols, i, tensor_scale);
    }
}

float naive_quantize(const float *x, uint32_t n, int *codes)
{
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t magnitude = test_bits(x[i]) & 0x7fffffff;
        m = magnitude > m ? magnitude : m;
        codes[i] = 0;
    }
    if (m >= 0x7f800000) return test_float(0x7fc00000);
    if (m < 0x0d800000) return 0.0f;
    const float amax = test_float(m);
    const float inv = 32767 / amax;
    for (uint32_t i = 0; i < n; i++) {
        const float t = x[i] * inv;
        const float moved = t >= 0 ? t + 0.5f : t - 0.5f;
        codes[i] = (int)truncf(moved);
        if (codes[i] > 32767) codes[i] = 32767;
        if (codes[i] < -32767) codes[i] = -32767;
    }
    return amax / 32767;
}

float naive_dot(const float *a, const float *b, uint32_t n)
{
    float s[4] = {0, 0, 0, 0};
    for (uint32_t i = 0; i < n; i++) s[i % 4] = s[i % 4] + a[i] * b[i];
    return (s[0] + s[1]) + (s[2] + s[3]);
}

static float float_product(enum tl_format format, const unsigned char *row, uint32_t cols, const float *x)
{
    float w[MAX_COLS];
    for (uint32_t i = 0; i < cols; i++) w[i] = naive_value(format, row, cols, i, 0);
    return naive_dot(w, x, cols);
}

float naive_product(enum tl_format format, const unsigned char *row, uint32_t cols, float tensor_scale, const float *x)
{
    int a[MAX_COLS];
    if (format <= TL_BFLOAT16) return float_product(format, row, cols, x);
    const bool grouped = format == TL_INT4 || format == TL_INT2;
    const uint32_t size = grouped ? 32 : 256;
    const float sa = naive_quantize(x, cols, a);
    float t = 0;
    for (uint32_t first = 0; first < cols; first += size) {
        int64_t sum = 0;
        for (uint32_t i = first; i < cols && i < first + size; i++) sum += (int64_t)naive_code(format, row, cols, i) * a[i];
        if (sum != (int32_t)sum) abort(); /* the page says that it fits */
        if (grouped) t = t + (float)sum * naive_scale(format, row, cols, first, tensor_scale);
        else t = t + (float)sum;
    }
    if (!grouped) t = t * naive_scale(format, row, cols, 0, tensor_scale);
    return t * sa;
}

float naive_random_scale(uint64_t *seed)
{
    return (1.5f + 0.5f * test_random_float(seed)) / 256;
}

/** Largest magnitude of a code. */
static float code_range(enum tl_format format)
{
    return format == TL_INT8_ROW ? 128.0f : format == TL_INT4 ? 8.0f : format == TL_INT2 ? 3.0f : 1.0f;
}

void naive_random_row(enum tl_format format, unsigned char *row, uint32_t cols, uint64_t *seed)
{
    const uint32_t bytes = naive_row_bytes(format, cols);
    const uint32_t head = head_bytes(format, cols);
    for (uint32_t i = 0; i < bytes; i++) row[i] = (unsigned char)test_random(seed);
    const uint32_t scale_bytes = format == TL_INT4 || format == TL_INT2 ? 2 : 4;
    for (uint32_t i = 0; i + scale_bytes <= head; i += scale_bytes) {
        const uint32_t bits = test_bits(naive_random_scale(seed) * 128 / code_range(format));
        for (uint32_t b = 0; b < scale_bytes; b++) row[i + b] = (unsigned char)(bits >> (8 * (4 - scale_bytes + b)));
    }
    if (format > TL_BFLOAT16) return;
    const uint32_t width = format == TL_FLOAT32 ? 4 : 2;
    for (uint32_t i = 0; i < cols; i++) {
        const float value = 0.6f * test_random_float(seed);
        uint32_t bits = test_bits(value);
        if (format == TL_BFLOAT16) bits >>= 16;
        /* Any half of an exponent up to 2^-1; the sign from the random byte. */
        if (format == TL_FLOAT16) bits = (uint32_t)(test_random(seed) % 0x3a00) | (bits >> 31 << 15);
        for (uint32_t b = 0; b < width; b++) row[width * i + b] = (unsigned char)(bits >> (8 * b));
    }
}
