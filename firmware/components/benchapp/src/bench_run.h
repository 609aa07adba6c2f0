#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include "bench_answer.h"
#include "bench_app.h"
#include "bench_command.h"
#include "tl_forward.h"

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
    enum tl_want want; /* of the passes that a token is made of, or scored by */
    uint64_t began_us; /* when it was acknowledged */
    struct bench_phase prefill;
    struct bench_phase decode;
    uint64_t sample_us;
    uint32_t tokens;   /* generated, or positions scored */
    uint64_t first_us; /* since began_us; meaningless while tokens is 0 */
    uint64_t last_us;
    uint32_t tokens_crc;
    uint32_t logits_crc; /* of the logits that were reported; meaningless once some were not at hand */
    bool screened;       /* a token was made without all logits at hand */
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

/** Passes the `count` ids from position `pos` on through the model, counted in `phase`. TL_OK or the core's error. */
int bench_run_forward(struct bench *bench, struct bench_phase *phase, uint32_t pos, uint32_t count, enum tl_want want);

/** Whether a screen is at work in this run. */
bool bench_run_has_screen(const struct bench *bench, const struct bench_run *run);

/** Whether because of it state.logits has not all of the latest pass. */
bool bench_run_is_screened(const struct bench *bench, const struct bench_run *run);

/** The three lines of the end. */
void bench_run_end(struct bench *bench, const struct bench_run *run);

/** Ends the run with the core's error instead. */
void bench_run_fail(struct bench *bench, const struct bench_run *run, int result);

#endif
