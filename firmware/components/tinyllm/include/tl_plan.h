#ifndef TL_PLAN_H
#define TL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "tl_config.h"

/** Activations, embedding row and norms go to internal RAM when all three fit in this many bytes. */
#define TL_INTERNAL_LIMIT_BYTES 65536u

/** What may be chosen at each load (firmware/PROTOCOL.md "Knobs"). */
struct tl_knobs {
    uint32_t context;   /* positions of the KV cache, 1 .. min(max_context, TL_MAX_CONTEXT) */
    uint32_t head_rows; /* rows of the head a read, at least 1 */
    uint32_t mlp_bytes; /* bytes of an MLP chunk; at least one row is always read */
};

/** How a model streams through which memories: chunk sizes in rows, and bytes by component. */
struct tl_need {
    uint32_t context;
    uint32_t head_rows; /* at most vocab */
    uint32_t up_rows;   /* rows of gate and up a chunk, at most ffn */
    uint32_t down_rows; /* rows of down a chunk, at most hidden */

    uint32_t kv_bytes;        /* keys and values of all layers */
    uint32_t stage_attention; /* of the stage buffer: the largest of q, k, v, o */
    uint32_t stage_mlp;       /* the larger of an up and a down chunk */
    uint32_t stage_head;      /* a head chunk */
    uint32_t stage_bytes;     /* the one buffer that they share in turn: the largest of the three */
    uint32_t logits_bytes;
    uint32_t embed_bytes; /* the embedding row, which becomes the residual stream */
    uint32_t work_bytes;  /* activations */
    uint32_t norm_bytes;  /* every norm of the model */

    bool internal_fits;      /* whether embed, work and norm lie in internal RAM */
    uint32_t internal_bytes; /* size of the arena in internal RAM; 0 when there is none */
    uint32_t psram_bytes;    /* size of the arena in PSRAM */
};

/**
 * Says what a model needs. Arenas start on a 16-byte boundary, and each component within is rounded up to 16 bytes.
 * TL_OK; TL_ERR_BAD_CONFIG when knobs are out of range or any size exceeds 32 bits.
 */
int tl_plan(const struct tl_config *config, const struct tl_knobs *knobs, struct tl_need *need, struct tl_fault *fault);

#endif
