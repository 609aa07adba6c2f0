#include "bench_run.h"

#include <string.h>

#include "bench_record.h"
#include "tl_crc32.h"
#include "tl_forward.h"

#define FLOATS_PER_RECORD 48
#define TOP_COUNT 5

static uint64_t now(const struct bench *bench)
{
    return bench->port->hal.now_us(bench->port->hal.ctx);
}

bool bench_parse_logits(const char *word, enum bench_logits *out)
{
    static const char *const names[] = {"none", "crc", "top", "full"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(word, names[i]) != 0) continue;
        *out = (enum bench_logits)i;
        return true;
    }
    return false;
}

uint64_t bench_run_us(const struct bench *bench, const struct bench_run *run)
{
    return now(bench) - run->began_us;
}

void bench_run_begin(struct bench *bench, struct bench_run *run, const struct bench_command *command)
{
    run->sequence = command->sequence;
    memset(&bench->loaded.model.times, 0, sizeof bench->loaded.model.times);
    bench_ack(bench, command, "");
    run->began_us = now(bench);
}

bool bench_run_cancelled(struct bench *bench)
{
    const struct bench_port *port = bench->port;
    char bytes[32];
    int32_t got;
    while ((got = port->uart_read(port->ctx, bytes, sizeof bytes, 0)) > 0) {
        for (int32_t i = 0; i < got; i++) bench_backlog_push(&bench->backlog, bytes[i]);
    }
    return bench_backlog_cancel(&bench->backlog);
}

static void add_traffic(struct tl_traffic *sum, const struct tl_traffic *before, const struct tl_traffic *after)
{
    sum->reads += after->reads - before->reads;
    sum->seeks += after->seeks - before->seeks;
    sum->bytes += after->bytes - before->bytes;
    sum->card_us += after->card_us - before->card_us;
}

static void add_stage_reads(struct tl_stage_reads *sum, const struct tl_stage_reads *before,
                            const struct tl_stage_reads *after)
{
    sum->embed += after->embed - before->embed;
    sum->attention += after->attention - before->attention;
    sum->mlp += after->mlp - before->mlp;
    sum->head += after->head - before->head;
}

int bench_run_forward(struct bench *bench, struct bench_phase *phase, uint32_t token, uint32_t pos, bool with_head)
{
    struct tl_model *model = &bench->loaded.model;
    const struct tl_traffic before = model->card.traffic;
    const struct tl_stage_reads reads_before = model->reads;
    const uint64_t began_us = now(bench);
    const int result = tl_forward(model, token, pos, with_head);
    phase->forwards++;
    phase->us += now(bench) - began_us;
    add_traffic(&phase->traffic, &before, &model->card.traffic);
    add_stage_reads(&phase->reads, &reads_before, &model->reads);
    return result;
}

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

static void count_token(struct bench_run *run, uint32_t id, uint64_t us)
{
    if (run->tokens == 0) run->first_us = us;
    run->last_us = us;
    run->tokens++;
    run->tokens_crc = tl_crc32(run->tokens_crc, &id, sizeof id);
}

void bench_run_report(struct bench *bench, struct bench_run *run, const char *kind, uint32_t i, uint32_t id, uint64_t us)
{
    const struct tl_model *model = &bench->loaded.model;
    const float log_probability = tl_model_log_probability(model, id);
    struct bench_record record;
    count_token(run, id, us);
    if (run->logits == LOGITS_FULL) send_logits(bench, run, i);
    if (run->logits >= LOGITS_TOP) send_top(bench, run, i);
    bench_record_answer(&record, bench, kind, run->sequence);
    bench_record_uint(&record, "i", i);
    bench_record_uint(&record, "id", id);
    if (strcmp(kind, "tok") == 0) bench_record_uint(&record, "us", us);
    bench_record_float(&record, "lp", log_probability);
    if (run->logits != LOGITS_NONE) {
        bench_record_hash(&record, "crc", tl_model_logits_crc(model, 0));
        run->logits_crc = tl_model_logits_crc(model, run->logits_crc);
    }
    bench_record_send(&record, bench);
}

static void send_stage(const struct bench *bench, const struct bench_run *run)
{
    const struct tl_stage_times *times = &bench->loaded.model.times;
    struct bench_record record;
    bench_record_answer(&record, bench, "stage", run->sequence);
    bench_record_uint(&record, "embed", times->embed_us);
    bench_record_uint(&record, "attention", times->attention_us);
    bench_record_uint(&record, "mlp", times->mlp_us);
    bench_record_uint(&record, "head", times->head_us);
    bench_record_uint(&record, "sample", run->sample_us);
    bench_record_send(&record, bench);
}

static void send_phase(const struct bench *bench, const struct bench_run *run, const char *name,
                       const struct bench_phase *phase)
{
    struct bench_record record;
    bench_record_answer(&record, bench, "phase", run->sequence);
    bench_record_string(&record, "name", name);
    bench_record_uint(&record, "forwards", phase->forwards);
    bench_record_uint(&record, "us", phase->us);
    bench_record_uint(&record, "reads", phase->traffic.reads);
    bench_record_uint(&record, "seeks", phase->traffic.seeks);
    bench_record_uint(&record, "bytes", phase->traffic.bytes);
    bench_record_uint(&record, "card_us", phase->traffic.card_us);
    bench_record_uint(&record, "embed_reads", phase->reads.embed);
    bench_record_uint(&record, "attention_reads", phase->reads.attention);
    bench_record_uint(&record, "mlp_reads", phase->reads.mlp);
    bench_record_uint(&record, "head_reads", phase->reads.head);
    bench_record_send(&record, bench);
}

static void add_times(struct bench_record *record, const struct bench *bench, const struct bench_run *run)
{
    if (run->tokens == 0) return;
    bench_record_uint(record, "first_us", run->first_us);
    bench_record_uint(record, "last_us", run->last_us);
    bench_record_uint(record, "ttft_us", run->began_us + run->first_us - bench->loaded.acked_us);
}

static void add_memory(struct bench_record *record, const struct bench *bench)
{
    const struct bench_port *port = bench->port;
    struct bench_usage psram, heap;
    port->memory_usage(port->ctx, BENCH_PSRAM, &psram);
    port->memory_usage(port->ctx, BENCH_HEAP, &heap);
    bench_record_uint(record, "psram_peak", psram.peak);
    bench_record_uint(record, "psram_peak_run", psram.peak_run);
    bench_record_uint(record, "heap_peak", heap.peak);
    bench_record_uint(record, "heap_peak_run", heap.peak_run);
    bench_record_stack(record, bench);
}

static void send_done(const struct bench *bench, const struct bench_run *run)
{
    struct bench_record record;
    bench_record_answer(&record, bench, "done", run->sequence);
    bench_record_uint(&record, "prompt", bench->loaded.count);
    bench_record_uint(&record, "tokens", run->tokens);
    bench_record_string(&record, "stop", run->stop);
    add_times(&record, bench, run);
    add_memory(&record, bench);
    bench_record_hash(&record, "tokens_crc", run->tokens_crc);
    if (run->logits != LOGITS_NONE) bench_record_hash(&record, "logits_crc", run->logits_crc);
    bench_record_send(&record, bench);
}

void bench_run_end(struct bench *bench, const struct bench_run *run)
{
    send_stage(bench, run);
    send_phase(bench, run, "prefill", &run->prefill);
    send_phase(bench, run, "decode", &run->decode);
    send_done(bench, run);
}

void bench_run_fail(struct bench *bench, const struct bench_run *run, int result)
{
    struct bench_problem problem;
    bench_problem_of_core(&problem, result, &bench->loaded.model.fault, bench->loaded.folder);
    bench_refuse(bench, run->sequence, &problem);
}
