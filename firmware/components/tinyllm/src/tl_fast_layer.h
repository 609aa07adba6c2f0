#ifndef TL_FAST_LAYER_H
#define TL_FAST_LAYER_H

#include "tl_forward.h"
#include "tl_layer.h"
#include "tl_stream.h"

/** Positions that pass the model together. */
struct tl_pass {
    struct tl_model *model;
    uint32_t count;
    uint32_t pos; /* of the first */
    enum tl_want want;
    struct tl_stream stream; /* the layers' matrices, and the head when all of it is wanted */
};

/** Passes state.x of every position through a layer. Behind the last layer only those are right that `want` is about. */
int tl_fast_layer(struct tl_pass *pass, uint32_t layer, struct tl_mark *since);

/** out (heads, head_dim) = attention of q (heads, head_dim) over positions 0 .. pos, both cores at it. */
void tl_fast_attend(struct tl_model *model, uint32_t layer, uint32_t pos, const float *q, float *out);

#endif
