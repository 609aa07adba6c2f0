#ifndef TL_FORWARD_H
#define TL_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "tl_model.h"

/**
 * One forward pass (firmware/FORMATS.md "The forward pass") of `token` at position `pos`; positions 0 .. pos-1 must
 * have been passed before. With `with_head`, state.logits (vocab) holds the logits afterwards.
 * Adds to the model's traffic and stage times.
 * TL_OK; TL_ERR_BAD_ARGUMENT for a token or position out of range; TL_ERR_CARD_READ with the file in model->fault.
 */
int tl_forward(struct tl_model *model, uint32_t token, uint32_t pos, bool with_head);

#endif
