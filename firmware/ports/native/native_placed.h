#ifndef NATIVE_PLACED_H
#define NATIVE_PLACED_H

#include "native_port.h"
#include "tl_forward.h"

/** A placed model and its memory: arenas exactly as large as planned, and full of NaN, so that a step too far or a missing write shows. */
struct placed {
    struct tl_model model;
    struct tl_arenas arenas;
};

/** Knobs of the strategy `seed`. */
struct tl_knobs seed_knobs(uint32_t context, uint32_t head_rows, uint32_t mlp_bytes);

/** Opens and plans the folder and takes memory; checks that all that goes well. */
void placed_prepare(struct placed *placed, struct native_port *native, const char *folder, struct tl_knobs knobs);

/** Places a prepared model. What tl_model_place() says. */
int placed_fill(struct placed *placed);

/** All of it, checked. */
void placed_begin(struct placed *placed, struct native_port *native, const char *folder, struct tl_knobs knobs);

void placed_end(struct placed *placed);

/** Passes one token. */
int placed_pass(struct placed *placed, uint32_t token, uint32_t pos, enum tl_want want);

#endif
