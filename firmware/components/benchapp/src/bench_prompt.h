#ifndef BENCH_PROMPT_H
#define BENCH_PROMPT_H

#include "bench_app.h"
#include "bench_command.h"

/** `prompt OFFSET ID ...` */
void bench_command_prompt(struct bench *bench, struct bench_command *command);

#endif
