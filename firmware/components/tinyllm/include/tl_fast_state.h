#ifndef TL_FAST_STATE_H
#define TL_FAST_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "tl_plan.h"
#include "tl_rows.h"
#include "tl_screen.h"

/**
 * What only the strategy `fast` keeps in memory: pointers into the caller's arenas. The activations of tl_state are those of the first
 * position of a batch; those of position b lie b * position_bytes further on. q, k, v and mixed share their place with gate and up.
 * scores (heads / kv_heads, context) are the attention weights of all heads that share keys; codes and sums of tl_state are not used.
 */
struct tl_fast_state {
    unsigned char *bounce[2]; /* (chunk_bytes) each, one behind the other, internal RAM */
    uint32_t position_bytes;
    int16_t *h_codes;         /* (hidden) h as integer formats take it, and the sums of its groups behind; per position */
    struct tl_vector in[TL_MAX_BATCH]; /* what the matrix at hand is multiplied with, per position */

    struct tl_screen screen;
    float *group_norms;             /* (ceil(hidden / TL_GROUP)) */
    struct tl_shortlist list[2];    /* one a core; the rows of both are one piece of memory */
    struct tl_candidate winner;     /* the one row of list[0] when the head screens itself */
    uint32_t sparse;                /* how many of list[0].rows have a logit that is to be unset before the next screened head */
    bool logits_set;                /* logits are there that the list does not tell: all of them, or memory's first content */

    uint32_t flashed_bytes;         /* that the latest tl_model_place() programmed into the weights partition */
};

#endif
