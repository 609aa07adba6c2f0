#ifndef TL_MANIFEST_H
#define TL_MANIFEST_H

#include <stdbool.h>

#include "tl_model.h"

/* Reading manifest.json of at most TL_CONFIG_MAX_BYTES bytes. What is wrong with it is TL_ERR_BAD_CONFIG, with the key or file in model->fault. */

/** One file as the manifest lists it; its name is in model->listed. */
struct tl_manifest_entry {
    uint32_t bytes;
    uint32_t crc;
};

/** Sets the fault: what is wrong with which key, or file, of the manifest. TL_ERR_BAD_CONFIG. `subject` and `reason` are kept. */
int tl_manifest_refuse(struct tl_model *model, const char *subject, const char *reason);

/** Reads the folder's manifest into `text` (TL_CONFIG_MAX_BYTES). TL_OK, TL_ERR_BAD_CONFIG (also when there is none), TL_ERR_CARD_READ. */
int tl_manifest_read(struct tl_model *model, const char *folder, char *text, uint32_t *length);

/** Whether the manifest in `text` lists the file. */
bool tl_manifest_lists(const char *text, uint32_t length, const char *name);

/** Entry `index` of the manifest in `text`; its absence is no error: `*found` says. TL_OK or TL_ERR_BAD_CONFIG. */
int tl_manifest_entry(struct tl_model *model, const char *text, uint32_t length, uint32_t index, struct tl_manifest_entry *entry, bool *found);

/** The CRC-32 of the file of that name, which is static, as the manifest in `text` lists it. TL_OK or TL_ERR_BAD_CONFIG. */
int tl_manifest_crc(struct tl_model *model, const char *text, uint32_t length, const char *name, uint32_t *crc);

#endif
