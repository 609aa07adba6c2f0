#ifndef TL_FAST_H
#define TL_FAST_H

#include "tl_forward.h"

/* The strategy `fast`, as tl_plan.c, tl_model.c and tl_forward.c hand over to it. */

/**
 * Plans an open model with knobs whose strategy is TL_FAST: fills `model->need` whole, by formats, rows and files in
 * model->weights. TL_OK or TL_ERR_BAD_CONFIG with the fault.
 */
int tl_fast_plan(struct tl_model *model, const struct tl_knobs *knobs);

/**
 * Lays out the arenas of a planned model and brings in what is resident; norms and int8 scales too. As tl_model_place().
 */
int tl_fast_place(struct tl_model *model, const struct tl_arenas *arenas);

/** tl_forward() of a model that was placed so; tokens and positions are checked already. */
int tl_fast_forward(struct tl_model *model, const uint32_t *tokens, uint32_t count, uint32_t pos, enum tl_want want);

#endif
