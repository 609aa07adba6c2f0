#ifndef TL_CARD_H
#define TL_CARD_H

#include <stdint.h>

#include "tl_error.h"
#include "tl_hal.h"

/** Longest name of a model's folder on the card. */
#define TL_MAX_FOLDER 64

/** Longest name of a file in it. */
#define TL_MAX_NAME 31

/** Card traffic as firmware/PROTOCOL.md "What is counted" has it. */
struct tl_traffic {
    uint32_t reads;
    uint32_t seeks;   /* reads that did not start where the read before ended */
    uint64_t bytes;
    uint64_t card_us; /* from the begin of a read to the end of its wait */
};

/** The card as the core reads it: counted, above the file system, the same on every port. */
struct tl_card {
    const struct tl_hal *hal;
    struct tl_traffic traffic;
    int32_t last_handle; /* -1: nothing was read yet */
    uint32_t last_end;
    const char *reading; /* name of the file whose read was begun and not waited for; NULL: none */
    uint64_t begun_us;
};

struct tl_file {
    const char *name; /* within the model's folder */
    int32_t handle;   /* -1: not open */
    uint32_t bytes;
};

void tl_card_init(struct tl_card *card, const struct tl_hal *hal);

/** Opens FOLDER/name and asks its size. TL_OK, or TL_ERR_NO_FILE or TL_ERR_CARD_READ with the file in `fault`. */
int tl_card_open(struct tl_card *card, const char *folder, const char *name, struct tl_file *file,
                 struct tl_fault *fault);

/** One read, begun and waited for. TL_OK or TL_ERR_CARD_READ with the file in `fault`. */
int tl_card_read(struct tl_card *card, const struct tl_file *file, uint32_t offset, void *target, uint32_t bytes,
                 struct tl_fault *fault);

/**
 * Begins a read and counts it; `target` (4-byte aligned) stays untouched until tl_card_read_wait() returned. One read at a time.
 * TL_OK, or TL_ERR_CARD_READ with the file in `fault`: then there is nothing to wait for.
 */
int tl_card_read_begin(struct tl_card *card, const struct tl_file *file, uint32_t offset, void *target, uint32_t bytes,
                       struct tl_fault *fault);

/** Waits for the read that was begun, if one was. TL_OK or TL_ERR_CARD_READ with the file in `fault`. */
int tl_card_read_wait(struct tl_card *card, struct tl_fault *fault);

/** Closes the file if it is open. */
void tl_card_close(struct tl_card *card, struct tl_file *file);

#endif
