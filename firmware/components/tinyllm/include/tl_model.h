#ifndef TL_MODEL_H
#define TL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "tl_card.h"
#include "tl_config.h"
#include "tl_error.h"
#include "tl_hal.h"
#include "tl_fast_state.h"
#include "tl_plan.h"
#include "tl_rows.h"
#include "tl_screen.h"
#include "tl_tensor.h"

/** One matrix of every layer, as it lies on the card, and where else. */
struct tl_matrix {
    struct tl_file file;
    enum tl_format format;
    uint32_t rows; /* of one layer */
    uint32_t cols;
    uint32_t row_bytes;
    const float *scales; /* (layers) with TL_INT8, otherwise NULL */
    const unsigned char *resident; /* (layers, rows, row_bytes) in PSRAM or mapped flash; NULL: only on the card */
};

/** The weights: file handles, formats and, with `fast`, what is resident. Norms are read into tl_state. */
struct tl_weights {
    struct tl_matrix matrix[TL_TENSOR_COUNT]; /* a tied head's own entry is not used: tl_model_head() */
    struct tl_file screen_file; /* handle -1: the folder has none */
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
    int16_t *codes;  /* (need.code_count) quantized activations; NULL when no format needs them */
    int32_t *sums;   /* (ceil(need.code_count / TL_GROUP)) likewise */
    float *scales;   /* (need.scale_count) of the tensors in TL_INT8 */
    unsigned char *stage; /* (stage_bytes) 16-byte aligned: weights on their way through */
    float *logits;   /* (vocab) of the latest forward pass with a head */
};

/** The caller's memory for a planned model; a piece of size 0 may be NULL. */
struct tl_arenas {
    void *internal; /* (need.internal_bytes) internal RAM: activations and norms */
    void *bounce;   /* (need.bounce_bytes) internal RAM, where the card's DMA reaches */
    void *lists;    /* (need.list_bytes) internal RAM */
    void *psram;    /* (need.psram_bytes) */
    void *resident; /* (need.resident_bytes) PSRAM */
};

/** What is known of the head's outcome after a pass that wanted it. */
struct tl_best {
    uint32_t id;     /* the token with the largest logit, the lowest id among equals */
    float logit;
    uint32_t exact;  /* logits that were computed exactly: the vocabulary's size, unless a screen saved the rest */
    uint32_t rank;   /* 1-based place of `id` by the screen's value among the rows that were computed; 0 without a screen */
    bool kept;       /* state.logits has all of them; a screen leaves those that it did not compute, and its own all but the largest */
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
    char folder[TL_MAX_FOLDER + 1];
    char listed[TL_MAX_NAME + 1]; /* the file that tl_model_verify() is at; a fault may point here */
    struct tl_config config;
    struct tl_need need;
    struct tl_weights weights;
    struct tl_state state;
    struct tl_fast_state fast; /* strategy TL_FAST only */
    struct tl_card card;
    struct tl_best best; /* of the latest pass that wanted it */
    struct tl_knobs knobs; /* of the latest tl_model_plan() */
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
 * The caller then allocates the arenas of struct tl_arenas, each 16-byte aligned. They are several pieces because a board's internal
 * RAM is: none of those exceeds 64 KB but by a knob (chunk_bytes above 32768, screen_rows above 2700).
 */
int tl_model_plan(struct tl_model *model, const struct tl_knobs *knobs);

/**
 * Lays the state out in the arenas (all of them stay the caller's, and must outlive the model), reads norms and scales, and brings in what is
 * resident: with TL_LAYERS_IN_FLASH it programs the partition unless it holds this model's layers already.
 * TL_OK, TL_ERR_CARD_READ, TL_ERR_NO_FILE or TL_ERR_BAD_CONFIG (scales), TL_ERR_BAD_WEIGHTS, TL_ERR_BAD_HASH (what it
 * programmed), TL_ERR_FLASH; the files stay open.
 */
int tl_model_place(struct tl_model *model, const struct tl_arenas *arenas);

/** The matrix of the head: embed_tokens.bin when it is tied. */
const struct tl_matrix *tl_model_head(const struct tl_model *model);

/** `count` rows of one layer's part of a matrix; `data` is where they lie in memory. */
struct tl_rows tl_matrix_rows(const struct tl_matrix *matrix, uint32_t layer, const void *data, uint32_t count);

/**
 * Reads every file of an open model's folder and holds it against the manifest's crc32. `scratch` has `bytes` bytes (at least
 * TL_CONFIG_MAX_BYTES, a multiple of 512), 4-byte aligned. TL_OK, or TL_ERR_BAD_HASH, TL_ERR_NO_FILE, TL_ERR_BAD_SIZE, TL_ERR_BAD_CONFIG
 * (no manifest, or one without crc32), TL_ERR_CARD_READ with the file in `fault`.
 */
int tl_model_verify(struct tl_model *model, const char *folder, void *scratch, uint32_t bytes);

/** Closes the files. The model can then only be opened again. Does nothing to a model that is not open. */
void tl_model_close(struct tl_model *model);

#endif
