#include "bench_probe.h"

#include <stddef.h>
#include <string.h>

#include "bench_answer.h"
#include "bench_load.h"
#include "bench_options.h"
#include "bench_probe_kinds.h"

#define MAX_SIZE (1u << 22)
#define MAX_CALLS 65536u
#define MAX_REPEAT (1u << 20)

/* Nobody can stop a probe: what it does in all stays below about ten seconds on hardware. */
#define MAX_UNITS (1u << 24)

struct kind {
    const char *name;
    void (*measure)(struct bench *bench, struct bench_command *command, struct bench_probe *probe);
};

static const struct kind kinds[] = {
    {"dot", bench_probe_kernel},
    {"elementwise", bench_probe_kernel},
    {"exp", bench_probe_kernel},
    {"crc", bench_probe_kernel},
    {"rmsnorm", bench_probe_kernel},
    {"stream", bench_probe_kernel},
    {"dot_float16", bench_probe_dot},
    {"dot_bfloat16", bench_probe_dot},
    {"dot_int8", bench_probe_dot},
    {"dot_int4", bench_probe_dot},
    {"dot_int2", bench_probe_dot},
    {"dot_ternary", bench_probe_dot},
    {"dot_ternary_2bit", bench_probe_dot},
    {"dot_binary", bench_probe_dot},
    {"card", bench_probe_card},
    {"open", bench_probe_open},
    {"mount", bench_probe_mount},
    {"uart", bench_probe_uart},
    {"poll", bench_probe_poll},
    {"write", bench_probe_write},
    {"psram", bench_probe_psram},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(kinds[i].name, name) == 0) return &kinds[i];
    }
    return NULL;
}

void bench_command_probe(struct bench *bench, struct bench_command *command)
{
    const char *name = bench_command_word(command);
    const struct kind *kind = find_kind(name);
    if (!kind) {
        bench_refuse_word(bench, command->sequence, "bad_arg", "there is no probe ", name ? name : "without a name");
        return;
    }
    struct bench_probe probe = {.kind = kind->name, .sequence = command->sequence, .calls = 1, .repeat = 1};
    bench_unload(bench);
    kind->measure(bench, command, &probe);
}

bool bench_probe_options(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    const struct bench_option known[] = {
        {"size", 1, MAX_SIZE, &probe->size},       {"calls", 1, MAX_CALLS, &probe->calls},
        {"repeat", 1, MAX_REPEAT, &probe->repeat}, {"memory", BENCH_HEAP, BENCH_PSRAM, &probe->memory},
        {"step", 1, INT32_MAX, &probe->step},      {"bounce", 512, 65536, &probe->bounce},
    };
    if (!bench_options_read(bench, command, known, sizeof known / sizeof *known, NULL)) return false;
    const uint64_t units = (uint64_t)(probe->size ? probe->size : 1) * probe->calls * probe->repeat;
    if (units <= MAX_UNITS) return true;
    bench_refuse_line(bench, command->sequence, "bad_value", "size * calls * repeat is at most 16777216");
    return false;
}

void *bench_probe_take(struct bench *bench, const struct bench_probe *probe, enum bench_memory kind, uint32_t bytes)
{
    void *piece = bench->port->memory_take(bench->port->ctx, kind, bytes);
    if (piece) return piece;
    bench_refuse_word(bench, probe->sequence, "no_memory", "too little memory for the buffers of the probe ",
                      probe->kind);
    return NULL;
}

void bench_probe_give(const struct bench *bench, enum bench_memory kind, void *piece)
{
    bench->port->memory_give(bench->port->ctx, kind, piece);
}

uint64_t bench_probe_now(const struct bench *bench)
{
    return bench->port->hal.now_us(bench->port->hal.ctx);
}

void bench_probe_answer(struct bench_record *record, const struct bench *bench, const struct bench_probe *probe,
                        uint64_t since_us)
{
    const uint64_t us = bench_probe_now(bench) - since_us;
    bench_record_answer(record, bench, "probe", probe->sequence);
    bench_record_string(record, "kind", probe->kind);
    bench_record_uint(record, "us", us);
}
