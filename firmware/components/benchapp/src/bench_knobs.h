#ifndef BENCH_KNOBS_H
#define BENCH_KNOBS_H

#include "bench_app.h"
#include "bench_command.h"

/** Sets every knob to its default. */
void bench_knobs_reset(struct bench *bench);

/** The knobs of a load, fitted to a model of at most `max_context` positions and to the PSRAM that is free now. */
struct tl_knobs bench_knobs_for(const struct bench *bench, uint32_t max_context);

/** What the protocol calls a value of a knob that has names. */
const char *bench_knob_name(enum bench_knob knob, uint32_t value);

/** `set`, `set KEY VALUE` */
void bench_command_set(struct bench *bench, struct bench_command *command);

#endif
