#ifndef TL_ROWS_H
#define TL_ROWS_H

#include <stdint.h>

#include "tl_format.h"

/* Products of rows of weights with vectors, firmware/FORMATS.md "Arithmetic of the formats". All pure: no HAL. */

/** Some rows of a matrix, wherever they lie in memory. */
struct tl_rows {
    enum tl_format format;
    const unsigned char *data; /* (count, row_bytes); any alignment that the format's row size gives from a 4-byte aligned start */
    uint32_t count;
    uint32_t cols;
    uint32_t row_bytes;
    float scale; /* with TL_INT8: the tensor's; otherwise unused */
};

/** A vector as matrices take it. The buffers are the caller's. */
struct tl_vector {
    const float *values; /* (n) */
    uint32_t n;
    int16_t *codes; /* (n) 4-byte aligned */
    int32_t *sums;  /* (ceil(n / TL_GROUP)) sums of the codes of each group, for weights stored with an offset */
    float scale;
};

/** Sets codes, sums and scale from the values. */
void tl_vector_quantize(struct tl_vector *vector);

/**
 * out (rows.count) = rows times `in` (rows.cols). Integer formats take the vector's codes, which tl_vector_quantize() must have made;
 * the float formats its values. TL_OK, or TL_ERR_BAD_WEIGHTS when a scale among the rows is NaN or infinite.
 */
int tl_rows_multiply(float *out, const struct tl_rows *rows, const struct tl_vector *in);

/** out (rows.cols) = the values of the first row. TL_OK or TL_ERR_BAD_WEIGHTS. */
int tl_rows_widen(float *out, const struct tl_rows *rows);

#endif
