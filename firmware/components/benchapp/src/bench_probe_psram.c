#include "bench_answer.h"
#include "bench_probe_kinds.h"
#include "bench_psram.h"

static void add_fault(struct bench_record *record, const struct bench_psram_found *found)
{
    bench_record_uint(record, "offset", found->offset);
    bench_record_hash(record, "expected", found->expected);
    bench_record_hash(record, "found", found->got);
    bench_record_hash(record, "data_bits", found->data);
    bench_record_hash(record, "address_bits", found->lines);
}

static void measure(struct bench *bench, const struct bench_probe *probe, uint32_t *words)
{
    struct bench_record record;
    struct bench_psram_found found = {0};
    const struct bench_psram test = {
        .hal = &bench->port->hal,
        .words = words,
        .count = probe->size / 4,
        .offset = bench->port->psram_offset(bench->port->ctx, words),
    };
    const uint64_t since_us = bench_probe_now(bench);
    for (uint32_t pass = 0; pass < probe->repeat && !found.lines; pass++) bench_psram_test(&test, &found);
    bench_probe_answer(&record, bench, probe, since_us);
    bench_record_uint(&record, "bytes", probe->size);
    bench_record_uint(&record, "errors", found.errors);
    if (found.errors > 0) add_fault(&record, &found);
    bench_record_send(&record, bench);
}

/* The answer goes out before the piece is given back: where PSRAM is broken, the heap's own words in it may be too. */
void bench_probe_psram(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    struct bench_usage usage;
    bench->port->memory_usage(bench->port->ctx, BENCH_PSRAM, &usage);
    probe->size = usage.largest & ~3u;
    if (!bench_probe_options(bench, command, probe)) return;
    if (probe->size % 4 != 0) {
        bench_refuse_line(bench, command->sequence, "bad_value", "size in bytes is a multiple of 4");
        return;
    }
    uint32_t *words = bench_probe_take(bench, probe, BENCH_PSRAM, probe->size);
    if (!words) return;
    bench_ack(bench, command, "");
    measure(bench, probe, words);
    bench_probe_give(bench, BENCH_PSRAM, words);
}
