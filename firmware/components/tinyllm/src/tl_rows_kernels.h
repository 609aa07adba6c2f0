#ifndef TL_ROWS_KERNELS_H
#define TL_ROWS_KERNELS_H

#include "tl_rows.h"

/*
 * One row times a vector, a file for each way of storing weights. The comment on each inner loop says what it should cost on the
 * LX6, in instructions per multiply-accumulate (MAC): worked out by hand for a product of an unsigned code and an int16 as two
 * instructions (mull, add); where the compiler finds mula.aa.ll instead (it does for two int16) it is one less. "Counted" is what
 * ports/lx106 counts of gcc 12 -O2 for a core without zero-overhead loops, at 2 to 3 instructions a pass more.
 *
 * Codes are stored unsigned, so the loops sum products of unsigned codes, and the offset is taken off afterwards by the vector's
 * stored sums: sum of (u - o) * a = sum of u * a - o * sum of a. No such sum exceeds 255 * 32767 * TL_SPAN < 2^31.
 */

/** Where a row's parts are. */
struct tl_row {
    const unsigned char *weights; /* behind the scales; 4-byte aligned but for TL_INT8 */
    const uint16_t *group_scales; /* (ceil(cols / TL_GROUP)) bf16 in the grouped formats, otherwise NULL */
};

/** What FORMATS.md calls t: the product without the row's scale and the vector's. */
typedef float tl_row_kernel(const struct tl_row *row, const struct tl_vector *in);

tl_row_kernel tl_row_int8;
tl_row_kernel tl_row_int8_offset;
tl_row_kernel tl_row_int4;
tl_row_kernel tl_row_int2;
tl_row_kernel tl_row_ternary;
tl_row_kernel tl_row_ternary_2bit;
tl_row_kernel tl_row_binary;

/** Exact values of the two short float formats. */
float tl_float16_value(uint16_t half);
float tl_bfloat16_value(uint16_t half);

/** dot() of FORMATS.md with weights (n), 2-byte aligned. */
float tl_dot_float16(const uint16_t *weights, const float *x, uint32_t n);
float tl_dot_bfloat16(const uint16_t *weights, const float *x, uint32_t n);

/** The code of weight i, the integer in FORMATS.md's parentheses, of an integer format. */
int32_t tl_code_at(enum tl_format format, const unsigned char *weights, uint32_t i);

/** Elements of the span or group of `size` that begins at `first`. */
static inline uint32_t tl_part(const struct tl_vector *in, uint32_t first, uint32_t size)
{
    return in->n - first < size ? in->n - first : size;
}

/** Sum of the codes of the span that begins at `first`. */
static inline int32_t tl_span_sum(const struct tl_vector *in, uint32_t first)
{
    const uint32_t end = (first + tl_part(in, first, TL_SPAN) + TL_GROUP - 1) / TL_GROUP;
    int32_t sum = 0;
    for (uint32_t group = first / TL_GROUP; group < end; group++) sum += in->sums[group];
    return sum;
}

/** The words that packed weights lie in: memory that was filled by byte, aligned, little-endian. */
static inline const uint32_t *tl_words(const unsigned char *weights)
{
    return (const uint32_t *)(const void *)weights;
}

#endif
