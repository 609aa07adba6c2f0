#ifndef TL_RESIDENT_H
#define TL_RESIDENT_H

#include "tl_model.h"

/**
 * Brings everything that model->need.resident names to where it stays: into `arena` (resident_bytes) in PSRAM, the layers perhaps into
 * the weights partition. TL_OK, TL_ERR_CARD_READ, TL_ERR_BAD_WEIGHTS (screen), TL_ERR_BAD_HASH (layers in flash), TL_ERR_FLASH.
 */
int tl_resident_bring(struct tl_model *model, unsigned char *arena);

/**
 * Sees to it that the weights partition holds the model's layers, and points the matrices there. What it holds is told by a record in
 * its last sector, which names the manifest and every matrix's CRC-32; the record is erased first and written last, and never
 * believed before the content was looked through, so that neither a cut of power nor a bit that fell passes for weights. It is only
 * written of content that the manifest's crc32 prove: by a manifest that lists none the layers are programmed at every load.
 * TL_OK, TL_ERR_CARD_READ, TL_ERR_BAD_HASH, or TL_ERR_FLASH.
 */
int tl_resident_flash(struct tl_model *model);

#endif
