#ifndef BENCH_GENERATE_H
#define BENCH_GENERATE_H

#include "bench_app.h"
#include "bench_command.h"

/** `generate [KEY=VALUE ...]` */
void bench_command_generate(struct bench *bench, struct bench_command *command);

#endif
