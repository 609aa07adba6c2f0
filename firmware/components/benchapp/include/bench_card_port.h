#ifndef BENCH_CARD_PORT_H
#define BENCH_CARD_PORT_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_MAX_NAME 64

/** What a call below returns instead of 0; the numbers are those of ports/wasm/ABI.md. */
enum bench_card_error {
    BENCH_CARD_NO_FILE = -2,   /* no such file; behind a folder's last entry */
    BENCH_CARD_FAILED = -3,    /* the card did not do it */
    BENCH_CARD_PAST_END = -4,  /* a write that does not lie within the file */
    BENCH_CARD_FULL = -5,      /* no cluster is free */
    BENCH_CARD_EXISTS = -6,    /* the new name is taken: FAT never replaces a file */
    BENCH_CARD_READ_ONLY = -7, /* a locked card */
    BENCH_CARD_NO_FOLDER = -8
};

struct bench_card_entry {
    char name[BENCH_MAX_NAME + 1];
    bool is_folder;
    uint32_t bytes; /* 0 for a folder */
};

struct bench_card_space {
    uint64_t total;         /* bytes of the volume */
    uint64_t free;          /* bytes of it */
    uint32_t cluster_bytes; /* least that a file takes */
    uint32_t fat_bits;      /* 12, 16 or 32; 64: exFAT; 0: something else */
};

/**
 * Writing to the mounted card, as FAT has it: paths as in tl_hal.card_open, files opened by create() are read and closed
 * by the core's HAL. Power may go between any two calls and within each. After that:
 * - what was written since the file's latest sync may be there or not, sector by sector;
 * - create, rename, remove and make_folder have happened or not, never half.
 * `ctx` is the port's.
 */
struct bench_card_ops {
    /**
     * Opens a file for reading and writing, made when missing, and makes it exactly `bytes` long: contiguous where the
     * card has room for that; bytes that are new have any value. Size and name last once this returns. A handle >= 0.
     */
    int32_t (*create)(void *ctx, const char *path, uint32_t bytes);

    /** Writes within the file. */
    int (*write)(void *ctx, int32_t handle, uint32_t offset, const void *data, uint32_t bytes);

    /** Returns when what was written lasts. */
    int (*sync)(void *ctx, int32_t handle);

    /** Within the volume; `to` must not be there (BENCH_CARD_EXISTS). The file is not open. */
    int (*rename)(void *ctx, const char *from, const char *to);

    /** A file that is not open, or an empty folder. */
    int (*remove)(void *ctx, const char *path);

    /** 0 also when it is there already. */
    int (*make_folder)(void *ctx, const char *path);

    /** The entry with this number, in any order that stays the same while nothing is changed; "" is the root. */
    int (*list)(void *ctx, const char *folder, uint32_t index, struct bench_card_entry *entry);

    int (*space)(void *ctx, struct bench_card_space *space);

    /** Stretches of neighbouring clusters that a file has; 1: contiguous, 0: empty. */
    int (*fragments)(void *ctx, const char *path, uint32_t *count);
};

#endif
