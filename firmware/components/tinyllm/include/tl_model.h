#ifndef TL_MODEL_H
#define TL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "tl_card.h"
#include "tl_config.h"
#include "tl_error.h"
#include "tl_hal.h"
#include "tl_plan.h"

/** The weight files of a card folder, in the order in which they are opened. */
enum tl_tensor {
    TL_EMBED,      /* (vocab, hidden) */
    TL_NORM1,      /* (layers, hidden) */
    TL_Q,          /* (layers, heads * head_dim, hidden) */
    TL_K,          /* (layers, kv_heads * head_dim, hidden) */
    TL_V,          /* (layers, kv_heads * head_dim, hidden) */
    TL_O,          /* (layers, hidden, heads * head_dim) */
    TL_NORM2,      /* (layers, hidden) */
    TL_GATE,       /* (layers, ffn, hidden) */
    TL_UP,         /* (layers, ffn, hidden) */
    TL_DOWN,       /* (layers, hidden, ffn) */
    TL_FINAL_NORM, /* (hidden) */
    TL_HEAD,       /* (vocab, hidden); not opened when the head is tied */
    TL_TENSOR_COUNT
};

/** What stays on the card: file handles, not numbers. */
struct tl_weights {
    struct tl_file file[TL_TENSOR_COUNT];
    bool has_manifest;
    uint32_t manifest_crc;
};

/** What lies in memory: pointers into the caller's arenas. */
struct tl_state {
    float *x;        /* (hidden) the embedding row, then the residual stream */
    float *h;        /* (hidden) normalized x */
    float *q;        /* (heads, head_dim) */
    float *k;        /* (kv_heads, head_dim) of this position, before it goes to the cache */
    float *v;        /* (kv_heads, head_dim) likewise */
    float *mixed;    /* (heads, head_dim) attention's output */
    float *scores;   /* (context) one head's attention weights */
    float *gate;     /* (ffn) */
    float *up;       /* (ffn) */
    float *freq;     /* (head_dim / 2) RoPE frequencies */
    float *cosine;   /* (head_dim / 2) of this position */
    float *sine;     /* (head_dim / 2) of this position */
    float *norm1;    /* (layers, hidden) */
    float *norm2;    /* (layers, hidden) */
    float *norm_out; /* (hidden) final norm */
    float *keys;     /* (layers, kv_heads, context, head_dim) */
    float *values;   /* (layers, kv_heads, head_dim, context): transposed, so that both sums run along memory */
    float *stage;    /* (stage_bytes) weights on their way through */
    float *logits;   /* (vocab) of the latest forward pass with a head */
};

/** Microseconds spent by stage; card time included. */
struct tl_stage_times {
    uint64_t embed_us;
    uint64_t attention_us;
    uint64_t mlp_us;
    uint64_t head_us;
};

/** Card reads by stage. */
struct tl_stage_reads {
    uint32_t embed;
    uint32_t attention;
    uint32_t mlp;
    uint32_t head;
};

/** A model on the card and its state in memory. Lives in the caller's memory; holds no other resource than files. */
struct tl_model {
    const struct tl_hal *hal;
    struct tl_config config;
    struct tl_need need;
    struct tl_weights weights;
    struct tl_state state;
    struct tl_card card;
    struct tl_stage_times times;
    struct tl_stage_reads reads;
    struct tl_fault fault; /* of the latest call that failed */
};

/**
 * Opens the folder: reads model_config.json and the manifest, opens every weight file and holds its size against the
 * shape. `folder` has at most TL_MAX_FOLDER characters. `scratch` has TL_CONFIG_MAX_BYTES bytes, 4-byte aligned, and is
 * not kept.
 * TL_OK, or TL_ERR_NO_FILE, TL_ERR_BAD_SIZE, TL_ERR_BAD_CONFIG, TL_ERR_CARD_READ: then nothing stays open.
 */
int tl_model_open(struct tl_model *model, const struct tl_hal *hal, const char *folder, void *scratch);

/**
 * Plans the memory for an open model into `model->need`. TL_OK or TL_ERR_BAD_CONFIG.
 * The caller then allocates `need.internal_bytes` and `need.psram_bytes`, each 16-byte aligned.
 */
int tl_model_plan(struct tl_model *model, const struct tl_knobs *knobs);

/**
 * Lays the state out in the arenas (both stay the caller's, and must outlive the model) and reads the norms.
 * `internal` may be NULL when `need.internal_bytes` is 0. TL_OK or TL_ERR_CARD_READ; the files stay open.
 */
int tl_model_place(struct tl_model *model, void *internal, void *psram);

/** Closes the files. The model can then only be opened again. Does nothing to a model that is not open. */
void tl_model_close(struct tl_model *model);

#endif
