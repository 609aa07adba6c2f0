#ifndef NATIVE_FAST_H
#define NATIVE_FAST_H

#include "native_port.h"
#include "tl_forward.h"

/** A shape of few weights, with every tensor's format, drawn from a seed. */
struct tl_config fast_random_shape(uint64_t *seed);

/** Writes the card folder `card`/`folder`, manifest and all, of random weights in config.format. `peak` (at least 1) tells the head's rows apart: some are that much larger. */
void fast_write(const struct tl_config *config, const char *card, const char *folder, uint64_t seed, float peak);

/**
 * Writes the manifest of the weight files that are there. `salt` tells it from others of the same files; of the file named `wrong` (NULL:
 * none) the crc32 is another's.
 */
void fast_write_manifest(const char *card, const char *folder, uint32_t salt, const char *wrong);

/** Adds `lm_head.screen` for the head that is there. */
void fast_write_screen(const struct tl_config *config, const char *card, const char *folder);

/** Everything a model of a strategy may be told, as the firmware presets it. */
struct tl_knobs fast_knobs(enum tl_strategy strategy, uint32_t context);

/** A placed model and its memory: arenas exactly as large as planned and full of NaN, so that a step too far or a missing write shows. */
struct fast_model {
    struct tl_model model;
    struct tl_arenas arenas;
};

/** Opens, plans and places. The core's result; to be released by fast_close() in any case. */
int fast_open(struct fast_model *fast, struct native_port *native, const char *folder, struct tl_knobs knobs);
void fast_close(struct fast_model *fast);

/** Reads a whole file of a card folder. To be released by free(). */
unsigned char *fast_read_file(const char *card, const char *folder, const char *name, uint32_t *bytes);

#endif
