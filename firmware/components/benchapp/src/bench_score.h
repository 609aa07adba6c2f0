#ifndef BENCH_SCORE_H
#define BENCH_SCORE_H

#include "bench_app.h"
#include "bench_command.h"

/** `score [KEY=VALUE ...]` */
void bench_command_score(struct bench *bench, struct bench_command *command);

#endif
