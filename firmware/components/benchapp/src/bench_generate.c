#include "bench_generate.h"

#include <stddef.h>
#include <string.h>

#include "bench_log.h"
#include "bench_options.h"
#include "bench_report.h"
#include "tl_sample.h"

#define TAG "tinyllm_inference"
#define IDS_PER_LINE 32

struct options {
    uint32_t max;
    uint32_t temp; /* thousandths */
    uint32_t topk;
    uint32_t seed;
    uint32_t eos;
    enum bench_logits logits;
};

static bool read_options(struct bench *bench, struct bench_command *command, struct options *o)
{
    const struct bench_option known[] = {
        {"max", 1, UINT32_MAX, &o->max}, {"temp", 0, 1000000, &o->temp}, {"topk", 0, TL_MAX_TOP_K, &o->topk},
        {"seed", 0, UINT32_MAX, &o->seed}, {"eos", 0, 1, &o->eos},
    };
    *o = (struct options){.max = 32, .eos = 1, .logits = LOGITS_CRC};
    return bench_options_read(bench, command, known, sizeof known / sizeof *known, &o->logits);
}

static void say_start(const struct bench *bench)
{
    struct bench_log log;
    bench_log_begin(&log, bench, 'I', TAG);
    bench_text_add(&log.text, "Starting inference with prompt length: ");
    bench_text_uint(&log.text, bench->loaded.count);
    bench_log_send(&log, bench);
}

static void say_tokens(const struct bench *bench, const uint32_t *ids, uint32_t count)
{
    for (uint32_t first = 0; first < count; first += IDS_PER_LINE) {
        struct bench_log log;
        log.text = bench_text_over(log.bytes, BENCH_MAX_LOG);
        bench_text_add(&log.text, "Generated tokens:");
        for (uint32_t i = first; i < count && i < first + IDS_PER_LINE; i++) {
            bench_text_char(&log.text, ' ');
            bench_text_uint(&log.text, ids[i]);
        }
        bench_log_send(&log, bench);
    }
}

/** The seeds' rate: all tokens over all time. */
static void say_end(const struct bench *bench, const struct bench_run *run)
{
    const uint64_t us = bench_run_us(bench, run);
    struct bench_log log;
    bench_log_begin(&log, bench, 'I', TAG);
    bench_text_add(&log.text, "Generated ");
    bench_text_uint(&log.text, run->tokens);
    bench_text_add(&log.text, " tokens");
    bench_log_send(&log, bench);
    say_tokens(bench, bench->loaded.ids + bench->loaded.count, run->tokens);
    bench_log_begin(&log, bench, 'I', TAG);
    bench_text_add(&log.text, "Inference completed: ");
    bench_text_uint(&log.text, run->tokens);
    bench_text_add(&log.text, " tokens in ");
    bench_text_uint(&log.text, us / 1000);
    bench_text_add(&log.text, " ms (");
    if (us == 0) bench_text_add(&log.text, "inf");
    else bench_text_hundredths(&log.text, (run->tokens * 100000000ull + us / 2) / us);
    bench_text_add(&log.text, " tokens/sec)");
    bench_log_send(&log, bench);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/** Who waits for the head of a prompt token before the last: nobody, but the seeds' firmware computes it. */
static enum tl_want want_before_last(const struct bench *bench)
{
    const bool seeds = bench->loaded.model.knobs.strategy == TL_SEED && bench->knobs[KNOB_PREFILL_HEAD];
    return seeds ? TL_WANT_LOGITS : TL_WANT_NOTHING;
}

static int prefill(struct bench *bench, struct bench_run *run)
{
    const struct bench_loaded *loaded = &bench->loaded;
    for (uint32_t pos = 0, count; pos < loaded->count; pos += count) {
        if (bench_run_cancelled(bench)) {
            run->stop = "abort";
            return TL_OK;
        }
        count = smaller(loaded->count - pos, loaded->model.need.batch);
        const bool last = pos + count == loaded->count;
        const int result = bench_run_forward(bench, &run->prefill, pos, count, last ? run->want : want_before_last(bench));
        if (result != TL_OK) return result;
    }
    return TL_OK;
}

static bool is_end(const struct tl_config *config, uint32_t id)
{
    for (uint32_t i = 0; i < config->eos_count; i++) {
        if (config->eos[i] == id) return true;
    }
    return false;
}

static const char *reason_to_stop(struct bench *bench, const struct bench_run *run, const struct options *o, uint32_t id)
{
    const struct bench_loaded *loaded = &bench->loaded;
    if (o->eos && is_end(&loaded->model.config, id)) return "eos";
    if (run->tokens == o->max) return "max";
    if (loaded->count + run->tokens > loaded->model.need.context) return "context";
    return bench_run_cancelled(bench) ? "abort" : NULL;
}

static int choose(struct bench *bench, const struct bench_run *run, struct tl_sampler *sampler, uint32_t *id)
{
    struct tl_model *model = &bench->loaded.model;
    if (bench_run_is_screened(bench, run)) {
        *id = model->best.id;
        return model->best.logit - model->best.logit == 0.0f ? TL_OK : TL_ERR_BAD_LOGITS;
    }
    const int result = tl_model_check_logits(model);
    if (result == TL_OK) *id = tl_model_choose(model, sampler);
    return result;
}

/** One token from the latest pass. */
static int make_token(struct bench *bench, struct bench_run *run, const struct options *o, struct tl_sampler *sampler)
{
    struct bench_loaded *loaded = &bench->loaded;
    const uint64_t began_us = bench_run_us(bench, run);
    uint32_t id;
    const int result = choose(bench, run, sampler, &id);
    if (result != TL_OK) return result;
    const uint32_t index = run->tokens;
    loaded->ids[loaded->count + index] = id;
    bench_report_token(bench, run, index, id, bench_run_us(bench, run));
    run->sample_us += bench_run_us(bench, run) - began_us;
    run->stop = reason_to_stop(bench, run, o, id);
    return TL_OK;
}

static int decode(struct bench *bench, struct bench_run *run, const struct options *o)
{
    const struct bench_loaded *loaded = &bench->loaded;
    struct tl_sampler sampler = {(float)o->temp / 1000.0f, o->topk, o->seed};
    int result = TL_OK;
    while (result == TL_OK && !run->stop) {
        result = make_token(bench, run, o, &sampler);
        if (result != TL_OK || run->stop) break;
        const uint32_t pos = loaded->count + run->tokens - 1;
        result = bench_run_forward(bench, &run->decode, pos, 1, run->want);
    }
    return result;
}

void bench_command_generate(struct bench *bench, struct bench_command *command)
{
    struct options options;
    if (!bench->loaded.ready) {
        bench_refuse_line(bench, command->sequence, "no_model", "load a model before generate");
        return;
    }
    if (bench->loaded.count == 0) {
        bench_refuse_line(bench, command->sequence, "no_prompt", "send a prompt before generate");
        return;
    }
    if (!read_options(bench, command, &options)) return;
    struct bench_run run = {.logits = options.logits, .want = options.temp > 0 ? TL_WANT_LOGITS : TL_WANT_BEST};
    bench_run_begin(bench, &run, command);
    say_start(bench);
    int result = prefill(bench, &run);
    if (result == TL_OK) result = decode(bench, &run, &options);
    if (result != TL_OK) {
        bench_run_fail(bench, &run, result);
        return;
    }
    say_end(bench, &run);
    bench_run_end(bench, &run);
}
