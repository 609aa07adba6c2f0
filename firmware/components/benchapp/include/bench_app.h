#ifndef BENCH_APP_H
#define BENCH_APP_H

#include <stdbool.h>
#include <stdint.h>

#include "bench_line.h"
#include "bench_port.h"
#include "tl_model.h"

#define BENCH_PROTOCOL 1
#define BENCH_MAX_NONCE 16
#define BENCH_MAX_ACK 128

/** The folder that is loaded at boot, and the one that is when the card does not have it: the seeds' int8 weights. */
#define BENCH_BOOT_FOLDER "tinyllm_float32_weights"
#define BENCH_BOOT_FOLDER_INT8 "tinyllm_weights"

/** The knobs of firmware/PROTOCOL.md, in the order in which they are listed. */
enum bench_knob {
    KNOB_STRATEGY,
    KNOB_CONTEXT,
    KNOB_HEAD_ROWS,
    KNOB_MLP_BYTES,
    KNOB_PREFILL_HEAD,
    KNOB_RESIDENT,
    KNOB_CACHE_BYTES,
    KNOB_SCREEN,
    KNOB_SCREEN_ROWS,
    KNOB_CHUNK_BYTES,
    KNOB_READ_AHEAD,
    KNOB_BATCH,
    KNOB_CORE_SPLIT,
    BENCH_KNOB_COUNT
};

/** What the host said last, so that it may say it again. */
struct bench_session {
    char nonce[BENCH_MAX_NONCE + 1]; /* "-" outside a session */
    char ack_nonce[BENCH_MAX_NONCE + 1]; /* of the latest ack: that of `bye` stays in its session */
    uint32_t last_sequence;          /* 0: none was acknowledged yet */
    uint32_t last_crc;               /* of that command's bytes */
    char last_ack[BENCH_MAX_ACK];    /* what its ack said after `q`, such as `,"count":5` */
};

/** The model in use and its memory. Everything is released together. */
struct bench_loaded {
    bool ready;
    char folder[TL_MAX_FOLDER + 1];
    struct tl_model model;
    struct tl_arenas arenas;
    uint32_t *ids;      /* (context + 1) the prompt, then what was generated */
    uint32_t count;     /* ids of the prompt */
    uint64_t acked_us;  /* when its latest chunk was acknowledged */
};

/** The whole state of the app. The caller owns it; it needs no alignment or initial value of its own. */
struct bench {
    const struct bench_port *port;
    struct bench_chip chip;
    struct bench_line line;
    struct bench_line_backlog backlog;
    struct bench_session session;
    struct bench_loaded loaded;
    uint32_t knobs[BENCH_KNOB_COUNT];
    bool card_mounted;
    uint32_t baud;
    uint64_t baud_until_us; /* falls back to BENCH_BAUD then; 0: the rate is confirmed */
};

#define BENCH_BAUD 115200u

/** Boots: says the boot record and the seeds' lines, mounts the card, loads the first boot folder that is there. */
void bench_start(struct bench *bench, const struct bench_port *port);

/** Serves commands until the port says that no byte will ever come again; never returns on a board. */
void bench_serve(struct bench *bench);

/** Releases the model: its files and its memory. */
void bench_stop(struct bench *bench);

#endif
