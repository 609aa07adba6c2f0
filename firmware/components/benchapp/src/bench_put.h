#ifndef BENCH_PUT_H
#define BENCH_PUT_H

#include "bench_app.h"
#include "bench_command.h"

/** `put FOLDER NAME SIZE`: then frames instead of lines, until an end frame or silence. */
void bench_command_put(struct bench *bench, struct bench_command *command);

#endif
