#include "bench_report.h"

#include "bench_record.h"
#include "tl_crc32.h"
#include "tl_sample.h"

#define FLOATS_PER_RECORD 48
#define TOP_COUNT 5

static void send_logits(const struct bench *bench, const struct bench_run *run, uint32_t i)
{
    const struct tl_model *model = &bench->loaded.model;
    const uint32_t vocab = model->config.vocab;
    struct bench_record record;
    for (uint32_t offset = 0; offset < vocab; offset += FLOATS_PER_RECORD) {
        const uint32_t count = vocab - offset < FLOATS_PER_RECORD ? vocab - offset : FLOATS_PER_RECORD;
        bench_record_answer(&record, bench, "logits", run->sequence);
        bench_record_uint(&record, "i", i);
        bench_record_uint(&record, "o", offset);
        bench_record_key(&record, "d");
        bench_text_char(&record.text, '"');
        bench_text_base64(&record.text, model->state.logits + offset, count * 4);
        bench_text_char(&record.text, '"');
        bench_record_send(&record, bench);
    }
}

static void send_top(const struct bench *bench, const struct bench_run *run, uint32_t i)
{
    const struct tl_model *model = &bench->loaded.model;
    uint32_t ids[TOP_COUNT];
    const uint32_t count = tl_model_top_k(model, TOP_COUNT, ids);
    struct bench_record record;
    bench_record_answer(&record, bench, "top", run->sequence);
    bench_record_uint(&record, "i", i);
    bench_record_key(&record, "ids");
    for (uint32_t k = 0; k < count; k++) {
        bench_text_char(&record.text, k == 0 ? '[' : ',');
        bench_text_uint(&record.text, ids[k]);
    }
    bench_text_add(&record.text, "]");
    bench_record_key(&record, "l");
    for (uint32_t k = 0; k < count; k++) {
        bench_text_add(&record.text, k == 0 ? "[\"" : ",\"");
        bench_text_hex(&record.text, bench_float_bits(model->state.logits[ids[k]]));
        bench_text_char(&record.text, '"');
    }
    bench_text_add(&record.text, "]");
    bench_record_send(&record, bench);
}

/** The logits records that the run's level asks for. */
static void send_evidence(const struct bench *bench, const struct bench_run *run, uint32_t i)
{
    if (run->logits == LOGITS_FULL) send_logits(bench, run, i);
    if (run->logits >= LOGITS_TOP) send_top(bench, run, i);
}

/** What is known of the choice when most logits are not. */
static void add_choice(struct bench_record *record, const struct tl_best *best)
{
    bench_record_float(record, "logit", best->logit);
    bench_record_uint(record, "rows", best->exact);
    bench_record_uint(record, "rank", best->rank);
}

/** What the whole logits say of `id`. */
static void add_logits(struct bench_record *record, const struct tl_model *model, struct bench_run *run, uint32_t id)
{
    bench_record_float(record, "lp", tl_model_log_probability(model, id));
    if (run->logits == LOGITS_NONE) return;
    bench_record_hash(record, "crc", tl_model_logits_crc(model, 0));
    run->logits_crc = tl_model_logits_crc(model, run->logits_crc);
}

static void count_token(struct bench_run *run, uint32_t id, uint64_t us)
{
    if (run->tokens == 0) run->first_us = us;
    run->last_us = us;
    run->tokens++;
    run->tokens_crc = tl_crc32(run->tokens_crc, &id, sizeof id);
}

void bench_report_token(struct bench *bench, struct bench_run *run, uint32_t i, uint32_t id, uint64_t us)
{
    const struct tl_model *model = &bench->loaded.model;
    const bool screened = bench_run_is_screened(bench, run);
    struct bench_record record;
    count_token(run, id, us);
    send_evidence(bench, run, i);
    bench_record_answer(&record, bench, "tok", run->sequence);
    bench_record_uint(&record, "i", i);
    bench_record_uint(&record, "id", id);
    bench_record_uint(&record, "us", us);
    if (screened) add_choice(&record, &model->best);
    else add_logits(&record, model, run, id);
    if (!screened && bench_run_has_screen(bench, run)) bench_record_uint(&record, "rows", model->best.exact);
    run->screened = run->screened || screened;
    bench_record_send(&record, bench);
}

void bench_report_position(struct bench *bench, struct bench_run *run, uint32_t i, uint32_t id, uint64_t us)
{
    struct bench_record record;
    count_token(run, id, us);
    send_evidence(bench, run, i);
    bench_record_answer(&record, bench, "lp", run->sequence);
    bench_record_uint(&record, "i", i);
    bench_record_uint(&record, "id", id);
    add_logits(&record, &bench->loaded.model, run, id);
    bench_record_send(&record, bench);
}
