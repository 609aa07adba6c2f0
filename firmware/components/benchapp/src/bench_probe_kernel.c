#include <string.h>

#include "bench_answer.h"
#include "bench_probe_kinds.h"
#include "tl_crc32.h"
#include "tl_kernels.h"
#include "tl_math.h"

/** What a kernel works on. `data` lies in the memory that is measured, the others in internal RAM. */
struct operands {
    float *data;       /* (calls, size) */
    const float *with; /* (size) */
    float *out;        /* (size) */
};

struct kernel {
    const char *name;
    enum tl_kernel charged;
    uint32_t unit_bytes; /* of `data` */
    /** One call of `n` units on `data`. What it returns is kept, so that no compiler leaves the work out. */
    float (*call)(float *data, const struct operands *operands, uint32_t n);
};

static float call_dot(float *data, const struct operands *operands, uint32_t n)
{
    return tl_dot(data, operands->with, n);
}

static float call_elementwise(float *data, const struct operands *operands, uint32_t n)
{
    tl_add(data, operands->with, n);
    return data[0];
}

static float call_exp(float *data, const struct operands *operands, uint32_t n)
{
    float sum = 0.0f;
    (void)operands;
    for (uint32_t i = 0; i < n; i++) sum = sum + tl_exp(data[i]);
    return sum;
}

static float call_crc(float *data, const struct operands *operands, uint32_t n)
{
    (void)operands;
    return (float)tl_crc32(0, data, n);
}

static float call_rmsnorm(float *data, const struct operands *operands, uint32_t n)
{
    tl_rmsnorm(operands->out, data, operands->with, n, 1e-5f);
    return operands->out[0];
}

/* Reading words and nothing else: what is left of the difference between two memories is the memories'. */
static float call_stream(float *data, const struct operands *operands, uint32_t n)
{
    const volatile float *words = data;
    (void)operands;
    for (uint32_t i = 0; i < n; i++) (void)words[i];
    return data[0];
}

static const struct kernel kernels[] = {
    {"dot", TL_KERNEL_DOT, 4, call_dot},
    {"elementwise", TL_KERNEL_ELEMENTWISE, 4, call_elementwise},
    {"exp", TL_KERNEL_EXP, 4, call_exp},
    {"crc", TL_KERNEL_CRC, 1, call_crc},
    {"rmsnorm", TL_KERNEL_RMSNORM, 4, call_rmsnorm},
    {"stream", TL_KERNEL_ELEMENTWISE, 4, call_stream},
};

static const struct kernel *kernel_of(const char *name)
{
    const struct kernel *kernel = kernels;
    while (strcmp(kernel->name, name) != 0) kernel++;
    return kernel;
}

static void fill(float *out, uint32_t n, float value)
{
    for (uint32_t i = 0; i < n; i++) out[i] = value;
}

static void run(const struct bench *bench, const struct kernel *kernel, const struct bench_probe *probe,
                const struct operands *operands)
{
    const uint32_t units = probe->size * probe->calls;
    const uint32_t stride = probe->size * kernel->unit_bytes / 4;
    volatile float kept = 0.0f;
    for (uint32_t pass = 0; pass < probe->repeat; pass++) {
        float *data = operands->data;
        for (uint32_t call = 0; call < probe->calls; call++, data += stride) {
            kept = kernel->call(data, operands, probe->size);
        }
        tl_charge(&bench->port->hal, kernel->charged, units, operands->data, units * kernel->unit_bytes);
    }
    (void)kept;
}

static void measure(struct bench *bench, const struct kernel *kernel, const struct bench_probe *probe,
                    const struct operands *operands)
{
    struct bench_record record;
    const uint32_t units = probe->size * probe->calls;
    fill(operands->data, units * kernel->unit_bytes / 4, 0.5f);
    const uint64_t since_us = bench_probe_now(bench);
    run(bench, kernel, probe, operands);
    bench_probe_answer(&record, bench, probe, since_us);
    bench_record_uint(&record, "units", (uint64_t)units * probe->repeat);
    bench_record_uint(&record, "bytes", (uint64_t)units * kernel->unit_bytes * probe->repeat);
    bench_record_send(&record, bench);
}

/** The two vectors in internal RAM: NULL when they do not fit. */
static float *take_vectors(struct bench *bench, const struct kernel *kernel, const struct bench_probe *probe,
                           struct operands *operands)
{
    const uint32_t n = kernel->charged == TL_KERNEL_CRC || kernel->call == call_stream ? 4 : probe->size;
    float *vectors = bench_probe_take(bench, probe, BENCH_HEAP, 2 * n * 4);
    if (!vectors) return NULL;
    fill(vectors, 2 * n, 0.25f);
    operands->with = vectors;
    operands->out = vectors + n;
    return vectors;
}

void bench_probe_kernel(struct bench *bench, struct bench_command *command, struct bench_probe *probe)
{
    const struct kernel *kernel = kernel_of(probe->kind);
    struct operands operands;
    probe->size = 256;
    if (!bench_probe_options(bench, command, probe)) return;
    if (probe->size * kernel->unit_bytes % 4 != 0) {
        bench_refuse_line(bench, command->sequence, "bad_value", "size in bytes is a multiple of 4");
        return;
    }
    const uint32_t bytes = probe->size * probe->calls * kernel->unit_bytes;
    float *vectors = take_vectors(bench, kernel, probe, &operands);
    if (!vectors) return;
    operands.data = bench_probe_take(bench, probe, (enum bench_memory)probe->memory, bytes);
    if (operands.data) {
        bench_ack(bench, command, "");
        measure(bench, kernel, probe, &operands);
    }
    bench_probe_give(bench, (enum bench_memory)probe->memory, operands.data);
    bench_probe_give(bench, BENCH_HEAP, vectors);
}
