#include "bench_run.h"

#include <string.h>

#include "bench_record.h"

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

int bench_run_forward(struct bench *bench, struct bench_phase *phase, uint32_t pos, uint32_t count, enum tl_want want)
{
    struct tl_model *model = &bench->loaded.model;
    const struct tl_traffic before = model->card.traffic;
    const struct tl_stage_reads reads_before = model->reads;
    const uint64_t began_us = now(bench);
    const int result = tl_forward(model, bench->loaded.ids + pos, count, pos, want);
    phase->forwards += count;
    phase->us += now(bench) - began_us;
    add_traffic(&phase->traffic, &before, &model->card.traffic);
    add_stage_reads(&phase->reads, &reads_before, &model->reads);
    return result;
}

bool bench_run_has_screen(const struct bench *bench, const struct bench_run *run)
{
    const struct tl_need *need = &bench->loaded.model.need;
    return run->want == TL_WANT_BEST && (need->screen_bytes > 0 || need->screens_itself);
}

bool bench_run_is_screened(const struct bench *bench, const struct bench_run *run)
{
    return bench_run_has_screen(bench, run) && !bench->loaded.model.best.kept;
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
    if (run->logits != LOGITS_NONE && !run->screened) bench_record_hash(&record, "logits_crc", run->logits_crc);
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
