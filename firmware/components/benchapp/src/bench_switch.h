#ifndef BENCH_SWITCH_H
#define BENCH_SWITCH_H

#include "bench_answer.h"
#include "bench_app.h"
#include "bench_command.h"

/** Changed files wait in FOLDER.part. */
#define BENCH_STAGE_SUFFIX ".part"

/** `use FOLDER` */
void bench_command_use(struct bench *bench, struct bench_command *command);

/** Whether a switch of this folder has begun and not ended. */
bool bench_switch_pending(const struct bench *bench, const char *folder);

/**
 * Ends a switch that power cut short, if there is one. False with the problem when that cannot be done: then the folder
 * is neither its old nor its new content.
 */
bool bench_switch_settle(const struct bench *bench, const char *folder, struct bench_problem *problem);

#endif
