#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "bench_answer.h"
#include "bench_app.h"
#include "bench_command.h"

/**
 * Loads a folder of the mounted card in place of the model that was loaded, which is released first: two may not fit.
 * A folder without a manifest is refused, unless it is `bare`. True, or false with the problem; then no model is loaded
 * and all memory is given back.
 */
bool bench_load(struct bench *bench, const char *folder, bool bare, struct bench_problem *problem);

/** Releases the loaded model, if any: files and memory. */
void bench_unload(struct bench *bench);

/** `load FOLDER [manifest=0]` */
void bench_command_load(struct bench *bench, struct bench_command *command);

/** At boot: mounts the card, loads BENCH_BOOT_FOLDER when it is there, and says what came of it. */
void bench_boot_load(struct bench *bench);

#endif
