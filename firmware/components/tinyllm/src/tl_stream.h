#ifndef TL_STREAM_H
#define TL_STREAM_H

#include "tl_model.h"

/** One matrix of one layer. */
struct tl_step {
    enum tl_tensor tensor;
    uint32_t layer;
};

/**
 * Matrices in an order that is known beforehand, as chunks of whole rows from wherever they lie: those that are resident whole, those on
 * the card through the two bounce buffers, the next one being read, with read_ahead, while the latest is computed, across the ends
 * of matrices and layers. Between tl_stream_next() and tl_stream_close() nobody else reads the card.
 */
struct tl_stream {
    struct tl_model *model;
    struct tl_step (*step)(const void *order, uint32_t index); /* matrix by index, */
    const void *order;
    uint32_t steps;  /* of which there are so many */
    uint32_t ahead;  /* index of the matrix that is read next, */
    uint32_t row;    /* and its row */
    uint32_t count;  /* rows of the chunk that is being read */
    uint32_t turn;   /* the bounce buffer that it is read into */
    bool reading;
};

void tl_stream_open(struct tl_stream *stream, struct tl_model *model, struct tl_step (*step)(const void *, uint32_t), const void *order,
                    uint32_t steps);

/**
 * Rows of `step` from row `first` on, which is 0 or where the latest chunk ended; the steps come in the stream's order. They stay until the
 * next call. Counts reads for their stage. TL_OK or TL_ERR_CARD_READ.
 */
int tl_stream_next(struct tl_stream *stream, struct tl_step step, uint32_t first, struct tl_rows *rows);

/** Waits for what may still be read. To be called at the end and after an error. */
void tl_stream_close(struct tl_stream *stream);

#endif
