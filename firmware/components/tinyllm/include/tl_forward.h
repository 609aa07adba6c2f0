#ifndef TL_FORWARD_H
#define TL_FORWARD_H

#include <stdint.h>

#include "tl_model.h"

/** What a forward pass is asked for. */
enum tl_want {
    TL_WANT_NOTHING, /* only keys and values: a prompt token before the last */
    TL_WANT_LOGITS,  /* state.logits (vocab), all exact, and model->best */
    TL_WANT_BEST     /* model->best; unless best.kept, logits that a screen did not compute or keep are the NaN 0x7fc00001 */
};

/**
 * Passes tokens[0 .. count-1] at positions pos .. pos+count-1 through the model (firmware/FORMATS.md "The forward pass"); `want` is
 * about the last of them. Positions 0 .. pos-1 must have been passed before. count is 1 .. model->need.batch. The strategy is that of the plan;
 * all strategies give the same numbers.
 * Adds to the model's traffic and stage times.
 * TL_OK; TL_ERR_BAD_ARGUMENT for a token or position out of range; TL_ERR_CARD_READ, TL_ERR_BAD_WEIGHTS with the file in
 * model->fault.
 */
int tl_forward(struct tl_model *model, const uint32_t *tokens, uint32_t count, uint32_t pos, enum tl_want want);

#endif
