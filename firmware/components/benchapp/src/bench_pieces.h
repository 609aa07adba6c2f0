#ifndef BENCH_PIECES_H
#define BENCH_PIECES_H

#include "bench_answer.h"
#include "bench_app.h"

/* The memory of a model in pieces, as struct tl_arenas has them, and the prompt's ids. */

/** A piece of memory for `what`, or NULL with the problem, which says what the largest free block holds. */
void *bench_piece_take(const struct bench *bench, enum bench_memory kind, uint32_t bytes, const char *what, struct bench_problem *problem);

void bench_piece_give(const struct bench *bench, enum bench_memory kind, void *piece);

/** All that the planned model needs of PSRAM. True, or false with the problem; what was taken stays to be given back. */
bool bench_pieces_of_psram(struct bench *bench, struct bench_problem *problem);

/** Likewise of internal RAM. */
bool bench_pieces_of_heap(struct bench *bench, struct bench_problem *problem);

/** Gives back whatever of a model's memory was taken. */
void bench_pieces_give(struct bench *bench);

#endif
