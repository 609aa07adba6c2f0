#ifndef TL_HEAD_H
#define TL_HEAD_H

#include "tl_fast_layer.h"

/* The head of the strategy `fast`, for the last position of a pass: state.logits and model->best. */

/** Whether this pass asks the screen which rows of the head to compute. */
bool tl_head_is_screened(const struct tl_model *model, enum tl_want want);

/** The logits as `want` has them. Without a screen the pass' stream ends with the head. TL_OK, TL_ERR_CARD_READ or TL_ERR_BAD_WEIGHTS. */
int tl_head(struct tl_pass *pass);

/** All logits of `h`, whose rows the stream has next as `step`; model->best by the way. */
int tl_head_whole(struct tl_model *model, struct tl_stream *stream, struct tl_step step, const struct tl_vector *h);

/** The same, of which only model->best is kept. TL_OK or TL_ERR_BAD_WEIGHTS. */
int tl_head_scan(struct tl_model *model, struct tl_stream *stream, struct tl_step step, const struct tl_vector *h);

/** Makes all logits those of rows not computed; of a screened token before that is only where it had computed some. */
void tl_head_unset_logits(struct tl_model *model);

/**
 * The logits of the rows that the screen leaves, and model->best. `decided` is false when it leaves too many: then the whole head has to
 * be computed.
 */
int tl_head_screened(struct tl_model *model, const struct tl_vector *h, bool *decided);

/**
 * Computes the logits of the listed rows but `done`, in their order, which is that of their ids; neighbouring rows come in one read. Raises model->best.
 */
int tl_head_rows(struct tl_model *model, const struct tl_shortlist *list, uint32_t done, const struct tl_vector *h);

/** No row is this one. */
#define TL_NO_ROW UINT32_MAX

/** Takes over a logit as the best one so far if it is: larger, or as large with a lower id. A NaN or an infinity stays, so that it shows. */
void tl_best_raise(struct tl_best *best, uint32_t id, float logit);

#endif
