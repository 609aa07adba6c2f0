#ifndef TL_LAYER_H
#define TL_LAYER_H

#include <stdint.h>

#include "tl_model.h"

/*
 * The arithmetic of a layer that every strategy shares, one position at a time: where the vectors lie is the caller's business.
 * Each charges the HAL, and may be called by both tasks of a parallel section on different heads or rows.
 */

/** out (hidden) = rmsnorm(x (hidden), weight (hidden)). */
void tl_layer_normalize(const struct tl_model *m, float *out, const float *x, const float *weight);

/** Cosine and sine (head_dim / 2) of a position's angles. */
void tl_layer_angles(const struct tl_model *m, float *cosine, float *sine, uint32_t pos);

/** Turns heads (count, head_dim) in place by those angles. */
void tl_layer_rotate(const struct tl_model *m, float *heads, uint32_t count, const float *cosine, const float *sine);

/** Puts k and v, (kv_heads, head_dim) each, into the cache at `pos`. */
void tl_layer_remember(const struct tl_model *m, uint32_t layer, uint32_t pos, const float *k, const float *v);

/**
 * One query head's attention over positions 0 .. pos of the cache: out (head_dim) from q (head_dim), with scores (pos + 1) as
 * working space.
 */
void tl_layer_attend(const struct tl_model *m, uint32_t layer, uint32_t head, uint32_t pos, const float *q, float *scores,
                     float *out);

/** gate (ffn) becomes silu(gate) * up (ffn). */
void tl_layer_gate(const struct tl_model *m, float *gate, const float *up);

/** x (hidden) += y (hidden). */
void tl_layer_add(const struct tl_model *m, float *x, const float *y);

/** Quantizes a vector for matrices of integer formats. */
void tl_layer_quantize(const struct tl_model *m, struct tl_vector *vector);

/** out (rows.count) = rows times `in`. TL_OK or TL_ERR_BAD_WEIGHTS; tl_layer_blame() then says of which file. */
int tl_layer_multiply(const struct tl_model *m, float *out, const struct tl_rows *rows, const struct tl_vector *in);

/** x (hidden) = the embedding in `row`. TL_OK or TL_ERR_BAD_WEIGHTS. */
int tl_layer_embed(const struct tl_model *m, float *x, const struct tl_rows *row);

/** Sets the fault of a multiplication that said TL_ERR_BAD_WEIGHTS, and passes any result on. Not within a parallel section. */
int tl_layer_blame(struct tl_model *m, const struct tl_file *file, int result);

/** Sets model->best from logits that were all computed exactly. */
void tl_layer_choose(struct tl_model *m);

/** Where a stage began: on the clock, and in the card's count of reads. */
struct tl_mark {
    uint64_t us;
    uint32_t reads;
};

struct tl_mark tl_mark_now(const struct tl_model *m);

/** Adds time and reads since the mark to a stage, and starts the next one. */
void tl_mark_stage(const struct tl_model *m, struct tl_mark *since, uint64_t *stage_us, uint32_t *stage_reads);

#endif
