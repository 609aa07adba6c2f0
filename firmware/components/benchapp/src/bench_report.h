#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "bench_run.h"

/**
 * Reports token `id`, the run's `i`th from 0, made at `us`, with what the latest pass knows of its logits: `logits` and
 * `top` records as the run's level asks, then its `tok`. Counts it.
 */
void bench_report_token(struct bench *bench, struct bench_run *run, uint32_t i, uint32_t id, uint64_t us);

/** Likewise for the id at position `i`, scored at `us` by the latest logits, which are whole: its `lp`. */
void bench_report_position(struct bench *bench, struct bench_run *run, uint32_t i, uint32_t id, uint64_t us);

#endif
