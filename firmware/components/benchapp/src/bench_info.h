#ifndef BENCH_INFO_H
#define BENCH_INFO_H

#include "bench_app.h"
#include "bench_command.h"

/** `info` */
void bench_command_info(struct bench *bench, struct bench_command *command);

/** The `boot` record. */
void bench_send_boot(struct bench *bench);

#endif
