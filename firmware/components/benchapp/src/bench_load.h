#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "bench_answer.h"
#include "bench_app.h"

/** How a folder is loaded. */
struct bench_load_options {
    bool bare;   /* takes a folder without a manifest, too */
    bool verify; /* reads every file first, and holds it against the manifest */
};

/**
 * Loads a folder of the mounted card in place of the model that was loaded, which is released first: two may not fit.
 * True, or false with the problem; then no model is loaded and all memory is given back.
 */
bool bench_load(struct bench *bench, const char *folder, struct bench_load_options options, struct bench_problem *problem);

/** Releases the loaded model, if any: files and memory. */
void bench_unload(struct bench *bench);

#endif
