#ifndef BENCH_CARD_LOOK_H
#define BENCH_CARD_LOOK_H

#include "bench_app.h"
#include "bench_command.h"

/** `sum PATH [FROM [COUNT]]` */
void bench_command_sum(struct bench *bench, struct bench_command *command);

/** `ls [FOLDER]` */
void bench_command_ls(struct bench *bench, struct bench_command *command);

/** `df [FOLDER]` */
void bench_command_df(struct bench *bench, struct bench_command *command);

/** `rm PATH` */
void bench_command_rm(struct bench *bench, struct bench_command *command);

#endif
