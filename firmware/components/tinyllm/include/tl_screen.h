#ifndef TL_SCREEN_H
#define TL_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "tl_rows.h"

/*
 * Which rows of the head can have the largest logit, by a 4-bit copy of it: firmware/FORMATS.md "The screen". All pure:
 * no HAL, so that two cores may each scan a part of the rows.
 */

/** `lm_head.screen` in memory. */
struct tl_screen {
    uint32_t vocab;
    uint32_t hidden;
    const unsigned char *codes;  /* (vocab, pad4(ceil(hidden / 2))) */
    const uint16_t *scales;      /* (vocab, groups) bf16 */
    const unsigned char *ratios; /* (vocab, ceil(groups / 2)) nibbles */
    float largest_norm;          /* at least the norm of every row of the head */
    float largest_error;         /* at least the norm of ((8 + ratio_g) * scale_g) over the groups of every row */
};

/** Size of `lm_head.screen`. */
uint64_t tl_screen_bytes(uint32_t vocab, uint32_t hidden);

/**
 * Points into `data` (tl_screen_bytes(), 4-byte aligned), and reads every scale and ratio once. TL_OK, or
 * TL_ERR_BAD_WEIGHTS when the largest norm is no positive finite number, or a scale is NaN, infinite or negative.
 */
int tl_screen_over(struct tl_screen *screen, const void *data, uint32_t vocab, uint32_t hidden);

/** What a scan needs of h: made once a token, read by both cores. */
struct tl_screen_query {
    const struct tl_vector *h; /* (hidden) quantized */
    float *group_norms;        /* (groups) the caller's: the N_g, rounded up */
    float slack;               /* infinite when the exact logits might overflow: then nothing is dropped */
    float reach;               /* at least b + slack of any row */
};

void tl_screen_ask(struct tl_screen_query *query, const struct tl_screen *screen, const struct tl_vector *h,
                   float *group_norms);

struct tl_candidate {
    uint32_t id;
    float value; /* y of FORMATS.md */
    float upper; /* y + b + slack, NaN when y is no finite number; with `checked` unused */
};

/** What one core's scan found. The list is the caller's. */
struct tl_shortlist {
    struct tl_candidate *rows; /* (capacity) */
    uint32_t capacity;
    uint32_t count;
    float lower;      /* L: the largest y - b - slack seen; -infinity before the first row */
    bool overflow;    /* certain: more rows than fit could still win; `lower` is right all the same */
    uint32_t bounded; /* certain: grows by the rows whose bound was summed, the only ones whose ratios were read */
    uint32_t compared; /* grows by the comparisons that keeping the list took */
};

/**
 * certain: scans rows `first` .. `first + count - 1` and keeps every one that can still win (upper >= lower), dropping
 * those that no longer can when the list is full. `lower` may start at anything that some row's exact logit is known to
 * reach. After an overflow it goes on only to raise `lower`, with which a caller may scan again. TL_OK;
 * TL_ERR_BAD_WEIGHTS when a scale became NaN or infinite since tl_screen_over().
 */
int tl_screen_certain(struct tl_shortlist *list, const struct tl_screen *screen, const struct tl_screen_query *query,
                      uint32_t first, uint32_t count);

/**
 * checked: keeps the `capacity` rows with the largest y; equal: lower id. They are in no order; the list starts empty,
 * or as an earlier call left it. A y that is NaN counts as infinite, so that its exact logit shows what is wrong.
 * Returns likewise.
 */
int tl_screen_checked(struct tl_shortlist *list, const struct tl_screen *screen, const struct tl_screen_query *query,
                      uint32_t first, uint32_t count);

/** Drops from the list every row whose upper is below `lower` (NaN never is). The others keep their order. */
void tl_shortlist_prune(struct tl_shortlist *list, float lower);

/** Orders by id. */
void tl_shortlist_sort_by_id(struct tl_shortlist *list);

#endif
