#ifndef BENCH_LOAD_COMMAND_H
#define BENCH_LOAD_COMMAND_H

#include "bench_app.h"
#include "bench_command.h"

/** `load FOLDER [manifest=0] [verify=1]` */
void bench_command_load(struct bench *bench, struct bench_command *command);

/** At boot: mounts the card, loads the first boot folder that is there, and says what came of it. */
void bench_boot_load(struct bench *bench);

#endif
