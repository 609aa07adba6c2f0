#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "bench_answer.h"
#include "bench_app.h"
#include "bench_command.h"
#include "tl_sample.h"

enum bench_logits { LOGITS_NONE, LOGITS_CRC, LOGITS_TOP, LOGITS_FULL };

/** What a phase cost. */
struct bench_phase {
    uint32_t forwards;
    uint64_t us; /* within the forward passes */
    struct tl_traffic traffic;
    struct tl_stage_reads reads; /* traffic.reads by stage */
};

/** One `generate` or `score`. */
struct bench_run {
    uint32_t sequence;
    enum bench_logits logits;
    uint64_t began_us; /* when it was acknowledged */
    struct bench_phase prefill;
    struct bench_phase decode;
    uint64_t sample_us;
    uint32_t tokens;   /* generated, or positions scored */
    uint64_t first_us; /* since began_us; meaningless while tokens is 0 */
    uint64_t last_us;
    uint32_t tokens_crc;
    uint32_t logits_crc;
    const char *stop; /* why it ended; NULL while it runs */
};

/** Reads `none`, `crc`, `top` or `full`. */
bool bench_parse_logits(const char *word, enum bench_logits *out);

/** Microseconds since the run's ack. */
uint64_t bench_run_us(const struct bench *bench, const struct bench_run *run);

/** Acknowledges the command and starts the run's clocks and counters. */
void bench_run_begin(struct bench *bench, struct bench_run *run, const struct bench_command *command);

/** Whether a Ctrl-X has come. Bytes behind it wait for the end of the run. */
bool bench_run_cancelled(struct bench *bench);

/** One forward pass, counted in `phase`. TL_OK or the core's error. */
int bench_run_forward(struct bench *bench, struct bench_phase *phase, uint32_t token, uint32_t pos, bool with_head);

/**
 * Reports token `id`, which was made at `us` (or scored), with the latest logits: `logits` and `top` records as the
 * run's level asks, then the record `kind` (`tok` or `lp`) with index `i`. Counts it.
 */
void bench_run_report(struct bench *bench, struct bench_run *run, const char *kind, uint32_t i, uint32_t id, uint64_t us);

/** The three lines of the end. */
void bench_run_end(struct bench *bench, const struct bench_run *run);

/** Ends the run with the core's error instead. */
void bench_run_fail(struct bench *bench, const struct bench_run *run, int result);

#endif
