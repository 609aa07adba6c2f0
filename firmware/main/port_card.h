#ifndef PORT_CARD_H
#define PORT_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "ff.h"
#include "port_card_slot.h"

/** As many as the core may have open (tl_hal.h). */
#define PORT_MAX_FILES 14

/** One open file. FatFs's own object holds a sector that the card's DMA fills, so it lies in internal RAM. */
struct port_file {
    FIL file;
    DWORD *map; /* where its clusters lie; NULL: not known, seeking walks the chain */
    bool open;
};

/** Where the listing of a folder has got to, so that a folder of n entries is read once, not n times. */
struct port_listing {
    FF_DIR folder;
    char path[128];
    uint32_t next; /* index of the entry that f_readdir() gives next */
    bool open;
};

/** The mounted card. FatFs is called directly: its paths start at the volume's root, without a slash. */
struct port_card {
    struct port_slot slot;
    struct port_file files[PORT_MAX_FILES];
    struct port_listing listing;
    FIL spare; /* for a look at a file within one call: too large for a stack */
};

/* As in struct bench_port and struct tl_hal; `ctx` is a struct port_state. */
int port_card_mount(void *ctx);
int32_t port_card_open(void *ctx, const char *path);
int port_card_size(void *ctx, int32_t handle, uint32_t *bytes);
void port_card_close(void *ctx, int32_t handle);

/** The open file with this handle, or NULL. */
struct port_file *port_card_file(struct port_card *card, int32_t handle);

/** A handle that is free, or -1. */
int32_t port_card_free_handle(const struct port_card *card);

/**
 * Makes the file of `handle` ready for use: FatFs opened it, and its size does not change from here on. Reads its link
 * map: without one, a seek in FAT walks the chain of clusters, hundreds of milliseconds in a large file.
 */
void port_card_opened(struct port_card *card, int32_t handle);

#endif
