#ifndef TL_PLAN_H
#define TL_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "tl_config.h"

/** Activations, embedding row and norms go to internal RAM when all three fit in this many bytes. */
#define TL_INTERNAL_LIMIT_BYTES 65536u

enum tl_strategy {
    TL_SEED, /* seeds 001 and 002: everything streams from the card into one buffer in PSRAM, one position at a time */
    TL_FAST  /* the same tokens, as fast as the board allows */
};

/** Heads of fewer weights are not screened: exporters write no screen for them, and all their logits are kept. */
#define TL_SCREEN_LEAST_WEIGHTS 1048576u

enum tl_screen_mode { TL_SCREEN_OFF, TL_SCREEN_CERTAIN, TL_SCREEN_CHECKED };

/** What may be resident, as bits of a set. */
enum tl_residence {
    TL_HEAD_IN_PSRAM = 1,
    TL_SCREEN_IN_PSRAM = 2, /* when the head itself is not */
    TL_LAYERS_IN_PSRAM = 4,
    TL_LAYERS_IN_FLASH = 8, /* when they are not in PSRAM; needs a manifest, by which the partition's content is known again */
    TL_EMBED_IN_PSRAM = 16  /* with a tied head the head's own copy serves */
};

/** What may be chosen at each load (firmware/PROTOCOL.md "Knobs"). */
struct tl_knobs {
    enum tl_strategy strategy;
    uint32_t context;   /* positions of the KV cache, 1 .. min(max_context, TL_MAX_CONTEXT) */
    uint32_t head_rows; /* seed: rows of the head a read, at least 1 */
    uint32_t mlp_bytes; /* seed: bytes of an MLP chunk; at least one row is always read */

    /* fast only */
    uint32_t psram_bytes;  /* PSRAM that may be taken in all; what is resident gets what the rest leaves of it */
    uint32_t cache_bytes;  /* most PSRAM for resident weights */
    uint32_t resident;     /* which of enum tl_residence may be used */
    uint32_t chunk_bytes;  /* of each of the two bounce buffers in internal RAM; at least one row always fits */
    uint32_t batch;        /* positions that pass the layers together in prefill, 1 .. TL_MAX_BATCH */
    uint32_t core_split;   /* percent of the rows that the second core computes, 0 .. 100 */
    bool read_ahead;       /* the next chunk is read while this one is computed */
    enum tl_screen_mode screen;
    uint32_t screen_rows;  /* certain: most rows to compute exactly before the whole head is; checked: how many */
};

#define TL_MAX_BATCH 32

/** How a model streams through which memories: chunk sizes in rows, and bytes by component. */
struct tl_need {
    uint32_t context;
    uint32_t head_rows; /* at most vocab */
    uint32_t gate_rows; /* rows of gate a chunk, at most ffn */
    uint32_t up_rows;   /* rows of up a chunk, at most ffn */
    uint32_t down_rows; /* rows of down a chunk, at most hidden */
    uint32_t code_count;  /* longest vector of quantized activations */
    uint32_t scale_count; /* scales from quantization_scales.json */

    uint32_t kv_bytes;        /* keys and values of all layers */
    uint32_t stage_attention; /* of the stage buffer: the largest of q, k, v, o */
    uint32_t stage_mlp;       /* the largest of a gate, an up and a down chunk */
    uint32_t stage_head;      /* a head chunk */
    uint32_t stage_bytes;     /* the one buffer that they share in turn: the largest of the three, and of what passes now and then:
                                 an embedding row that is no float32, and with TL_INT8 the scales' file */
    uint32_t logits_bytes;
    uint32_t embed_bytes; /* the embedding row, which becomes the residual stream */
    uint32_t work_bytes;  /* activations */
    uint32_t norm_bytes;  /* every norm of the model */

    /* fast only; 0 with seed */
    uint32_t batch;          /* at least 1 with seed too */
    uint32_t resident;       /* what is resident, of enum tl_residence */
    uint32_t chunk_bytes;    /* of one bounce buffer */
    uint32_t bounce_bytes;   /* of both: a piece of internal RAM */
    uint32_t list_bytes;     /* the screen's shortlists and norms: a piece of internal RAM; 0 without a screen */
    uint32_t head_bytes;     /* resident head */
    uint32_t screen_bytes;   /* resident screen */
    uint32_t layer_bytes;    /* resident layer matrices, in PSRAM or flash */
    uint32_t table_bytes;    /* resident embeddings */
    uint32_t resident_bytes; /* size of the arena in PSRAM for all that is resident there; 0 when there is none */

    bool screens_itself;     /* the head is resident and its own screen: of TL_WANT_BEST only the largest logit is kept */
    bool screen_left_out;    /* a screen that is there and may be used did not fit PSRAM */
    uint32_t screen_context; /* then: the longest context with which it would; 0: none */

    bool internal_fits;      /* whether embed, work and norm lie in internal RAM */
    uint32_t internal_bytes; /* size of their arena there, at most TL_INTERNAL_LIMIT_BYTES; 0 when there is none */
    uint32_t psram_bytes;    /* size of the arena in PSRAM */
};

/**
 * Says what a model needs with the strategy TL_SEED. Arenas start on a 16-byte boundary, and each component within is rounded up to 16 bytes.
 * TL_OK; TL_ERR_BAD_CONFIG when knobs are out of range or any size exceeds 32 bits.
 */
int tl_plan(const struct tl_config *config, const struct tl_knobs *knobs, struct tl_need *need, struct tl_fault *fault);

#endif
