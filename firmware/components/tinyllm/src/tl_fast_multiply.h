#ifndef TL_FAST_MULTIPLY_H
#define TL_FAST_MULTIPLY_H

#include "tl_model.h"

/** A vector of position b of the batch, by that of the first: `first` is one of tl_state's activations. */
static inline float *tl_fast_at(const struct tl_model *m, float *first, uint32_t b)
{
    return (float *)(void *)((unsigned char *)first + (uint64_t)b * m->fast.position_bytes);
}

/** Points fast.in[from .. count-1] at vectors (cols), position by position; `codes` is where integer formats find room. */
void tl_fast_take(struct tl_model *m, uint32_t from, uint32_t count, float *values, uint32_t cols, int16_t *codes);

/** Quantizes fast.in[from .. count-1]. */
void tl_fast_quantize(struct tl_model *m, uint32_t from, uint32_t count);

/** Rows `first` .. `first + count - 1` of `rows`. */
struct tl_rows tl_rows_part(const struct tl_rows *rows, uint32_t first, uint32_t count);

/**
 * out (rows.count) of every position `from` .. `count - 1` = rows times fast.in, both cores at it; `out` is the first position's.
 * TL_OK or TL_ERR_BAD_WEIGHTS.
 */
int tl_fast_multiply(struct tl_model *m, const struct tl_rows *rows, uint32_t from, uint32_t count, float *out);

#endif
