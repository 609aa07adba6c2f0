#include <stddef.h>
#include <string.h>

#include "bench_answer.h"
#include "bench_probe_kinds.h"
#include "tl_rows.h"

/** What rows are multiplied with and where it goes; all of it in internal RAM, as the core has it. */
struct vectors {
    float *out; /* (calls) */
    struct tl_vector in;
};

static uint32_t rounded(uint32_t bytes)
{
    return (bytes + 15u) & ~15u;
}

/** One piece of memory for all of the vectors, or NULL after the command was refused. */
static char *take_vectors(struct bench *bench, const struct bench_probe *probe, struct vectors *v)
{
    const uint32_t n = probe->size;
    const uint32_t out = rounded(probe->calls * 4), values = rounded(n * 4), codes = rounded(n * 2);
    const uint32_t sums = (n + TL_GROUP - 1) / TL_GROUP * 4;
    char *piece = bench_probe_take(bench, probe, BENCH_HEAP, out + values + codes + sums);
    if (!piece) return NULL;
    float *x = (float *)(void *)(piece + out);
    for (uint32_t i = 0; i < n; i++) x[i] = 0.25f;
    v->out = (float *)(void *)piece;
    v->in = (struct tl_vector){.values = x, .n = n};
    v->in.codes = (int16_t *)(void *)(piece + out + values);
    v->in.sums = (int32_t *)(void *)(piece + out + values + codes);
    tl_vector_quantize(&v->in);
    return piece;
}

static void measure(struct bench *bench, const struct bench_probe *probe, const struct tl_rows *rows, struct vectors *v)
{
    const uint32_t units = rows->count * rows->cols;
    const uint32_t bytes = rows->count * rows->row_bytes;
    struct bench_record record;
    const uint64_t since_us = bench_probe_now(bench);
    for (uint32_t pass = 0; pass < probe->repeat; pass++) {
        (void)tl_rows_multiply(v->out, rows, &v->in); /* rows of zeros: no scale of theirs is bad */
        tl_charge(&bench->port->hal, tl_format_kernel(rows->format), units, rows->data, bytes);
    }
    bench_probe_answer(&record, bench, probe, since_us);
    bench_record_uint(&record, "units", (uint64_t)units * probe->repeat);
    bench_record_uint(&record, "bytes", (uint64_t)bytes * probe->repeat);
    bench_record_send(&record, bench);
}

/* A row takes at most 2 bytes a weight, a scale and its padding, so that its size stays far below 32 bits. */
void bench_probe_dot(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    const char *name = probe->kind + strlen("dot_");
    struct tl_rows rows = {.scale = 1.0f};
    struct vectors vectors;
    probe->size = 256;
    if (!tl_format_parse(name, (uint32_t)strlen(name), &rows.format) || !bench_probe_options(bench, command, probe)) return;
    rows.count = probe->calls;
    rows.cols = probe->size;
    rows.row_bytes = (uint32_t)tl_format_row_bytes(rows.format, rows.cols);
    char *piece = take_vectors(bench, probe, &vectors);
    if (!piece) return;
    const uint32_t bytes = rows.count * rows.row_bytes;
    void *data = bench_probe_take(bench, probe, (enum bench_memory)probe->memory, bytes);
    if (data) {
        memset(data, 0, bytes);
        rows.data = data;
        bench_ack(bench, command, "");
        measure(bench, probe, &rows, &vectors);
    }
    bench_probe_give(bench, (enum bench_memory)probe->memory, data);
    bench_probe_give(bench, BENCH_HEAP, piece);
}
