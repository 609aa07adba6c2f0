#ifndef TL_SEED_H
#define TL_SEED_H

#include "tl_forward.h"

/* The strategy `seed`: everything streams from the card through one buffer, as seeds 001 and 002 have it. */

/** Lays out the arenas of a model planned by tl_plan() and reads norms and scales. As tl_model_place(). */
int tl_seed_place(struct tl_model *model, const struct tl_arenas *arenas);

/** tl_forward() of a model that was placed so, for one position; token and position are checked already. */
int tl_seed_forward(struct tl_model *model, uint32_t token, uint32_t pos, enum tl_want want);

#endif
