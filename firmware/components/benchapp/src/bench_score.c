#include "bench_score.h"

#include <stddef.h>

#include "bench_options.h"
#include "bench_report.h"
#include "tl_sample.h"

/** The id at `position`, by the logits of the position before it. */
static int score_position(struct bench *bench, struct bench_run *run, uint32_t position)
{
    struct bench_loaded *loaded = &bench->loaded;
    struct bench_phase *phase = position == 1 ? &run->prefill : &run->decode;
    int result = bench_run_forward(bench, phase, position - 1, 1, run->want);
    if (result != TL_OK) return result;
    const uint64_t scored_us = bench_run_us(bench, run);
    result = tl_model_check_logits(&loaded->model);
    if (result != TL_OK) return result;
    bench_report_position(bench, run, position, loaded->ids[position], scored_us);
    run->sample_us += bench_run_us(bench, run) - scored_us;
    return TL_OK;
}

static int score(struct bench *bench, struct bench_run *run)
{
    run->stop = "max";
    for (uint32_t position = 1; position < bench->loaded.count; position++) {
        if (bench_run_cancelled(bench)) {
            run->stop = "abort";
            return TL_OK;
        }
        const int result = score_position(bench, run, position);
        if (result != TL_OK) return result;
    }
    return TL_OK;
}

void bench_command_score(struct bench *bench, struct bench_command *command)
{
    enum bench_logits logits = LOGITS_NONE;
    if (!bench->loaded.ready) {
        bench_refuse_line(bench, command->sequence, "no_model", "load a model before score");
        return;
    }
    if (bench->loaded.count < 2) {
        bench_refuse_line(bench, command->sequence, "no_prompt", "score needs a prompt of at least 2 ids");
        return;
    }
    if (!bench_options_read(bench, command, NULL, 0, &logits)) return;
    struct bench_run run = {.logits = logits, .want = TL_WANT_LOGITS};
    bench_run_begin(bench, &run, command);
    const int result = score(bench, &run);
    if (result == TL_OK) bench_run_end(bench, &run);
    else bench_run_fail(bench, &run, result);
}
