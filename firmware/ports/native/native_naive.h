#ifndef NATIVE_NAIVE_H
#define NATIVE_NAIVE_H

#include <stdint.h>

#include "tl_format.h"

/*
 * firmware/FORMATS.md "Weight formats" and "Arithmetic of the formats" as they read: one weight after the other by byte and bit,
 * sums in 64 bits. Shares nothing with the core but the formats' names.
 */

/** Bytes of a row. */
uint32_t naive_row_bytes(enum tl_format format, uint32_t cols);

/** The scale that weight i of a row has; `tensor_scale` serves int8. Not for float formats. */
float naive_scale(enum tl_format format, const unsigned char *row, uint32_t cols, uint32_t i, float tensor_scale);

/** The integer in the table's parentheses. Not for float formats. */
int naive_code(enum tl_format format, const unsigned char *row, uint32_t cols, uint32_t i);

/** The value of weight i, as a row of the embedding has it. */
float naive_value(enum tl_format format, const unsigned char *row, uint32_t cols, uint32_t i, float tensor_scale);

/** codes (n) and the returned scale of a vector. */
float naive_quantize(const float *x, uint32_t n, int *codes);

/** dot() of the page. */
float naive_dot(const float *a, const float *b, uint32_t n);

/** A row times x (cols). */
float naive_product(enum tl_format format, const unsigned char *row, uint32_t cols, float tensor_scale, const float *x);

/** Fills a row: random codes and padding, and scales that make weights of a magnitude of about 1/2. */
void naive_random_row(enum tl_format format, unsigned char *row, uint32_t cols, uint64_t *seed);

/** A tensor's scale that does the same in int8. */
float naive_random_scale(uint64_t *seed);

#endif
