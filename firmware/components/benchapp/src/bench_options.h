#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include "bench_app.h"
#include "bench_command.h"
#include "bench_run.h"

/** A `KEY=VALUE` whose value is an integer. */
struct bench_option {
    const char *key;
    uint32_t min;
    uint32_t max;
    uint32_t *value;
};

/**
 * Reads the rest of a command into `known` (count) and `logits`, which keep what they hold when not named;
 * `logits` is NULL where that option is not known.
 * False when it was refused (`bad_arg`, `bad_key`, `bad_value`).
 */
bool bench_options_read(struct bench *bench, struct bench_command *command, const struct bench_option *known,
                        uint32_t count, enum bench_logits *logits);

#endif
