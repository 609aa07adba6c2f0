#ifndef TL_SAMPLE_H
#define TL_SAMPLE_H

#include <stdint.h>

#include "tl_model.h"

/** Most candidates of top-k. */
#define TL_MAX_TOP_K 64

/** How tokens are chosen, and the generator's state, which starts at the seed. */
struct tl_sampler {
    float temperature; /* 0: greedy, and nothing is drawn */
    uint32_t top_k;    /* 0: all tokens are candidates; else 1 .. TL_MAX_TOP_K */
    uint32_t state;
};

/* Pure functions over logits (n), n >= 1, all finite. */

/** The largest logit's id; the lowest id among equals. */
uint32_t tl_argmax(const float *logits, uint32_t n);

/**
 * The min(k, n) ids with the largest logits, largest first, the lower id first among equals. Returns how many: fewer when logits are
 * NaN, as those that a screen kept from being computed are.
 */
uint32_t tl_top_k(const float *logits, uint32_t n, uint32_t k, uint32_t *ids);

/** The next number of the generator, in [0, 1). */
float tl_draw(uint32_t *state);

/** The next token. */
uint32_t tl_sample(const float *logits, uint32_t n, struct tl_sampler *sampler);

/** Natural logarithm of the softmax probability of `id`. */
float tl_log_probability(const float *logits, uint32_t n, uint32_t id);

/* The same on a model's latest logits, whose largest the pass found already, with the compute charged to its HAL. */

/** TL_ERR_BAD_LOGITS when any logit is NaN or infinite. To be called before the others. */
int tl_model_check_logits(struct tl_model *model);

uint32_t tl_model_choose(const struct tl_model *model, struct tl_sampler *sampler);
float tl_model_log_probability(const struct tl_model *model, uint32_t id);
uint32_t tl_model_top_k(const struct tl_model *model, uint32_t k, uint32_t *ids);

/** Continues a CRC-32 over the logits. */
uint32_t tl_model_logits_crc(const struct tl_model *model, uint32_t crc);

#endif
