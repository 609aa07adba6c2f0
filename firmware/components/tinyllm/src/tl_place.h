#ifndef TL_PLACE_H
#define TL_PLACE_H

#include <stdint.h>

#include "tl_model.h"

/* Laying out arenas and reading what every strategy keeps in memory: norms and the scales of TL_INT8. */

/** Up to the next multiple of 16. */
static inline uint64_t tl_rounded(uint64_t bytes)
{
    return (bytes + 15u) & ~(uint64_t)15u;
}

/** Takes `bytes` bytes off an arena, rounded up to 16; NULL when it is none. */
void *tl_carve(unsigned char **arena, uint64_t bytes);

/**
 * Reads quantization_scales.json into `scales` (tl_config_scale_count()) and sets the scales of the matrices. `scratch` has
 * TL_CONFIG_MAX_BYTES bytes, 4-byte aligned. Opens no file when no tensor is in TL_INT8.
 * TL_OK; TL_ERR_NO_FILE, TL_ERR_CARD_READ, TL_ERR_BAD_CONFIG with file and key in model->fault.
 */
int tl_model_read_scales(struct tl_model *model, void *scratch, float *scales);

/** Reads the three norm files to state.norm1, norm2 and norm_out. TL_OK or TL_ERR_CARD_READ. */
int tl_model_read_norms(struct tl_model *model);

#endif
