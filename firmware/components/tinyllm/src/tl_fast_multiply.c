#include "tl_fast_multiply.h"

#include "tl_fast_cores.h"
#include "tl_fast_size.h"
#include "tl_layer.h"

/*
 * Weights that are taken to be cached still when the batch's next vector comes to them. Before PSRAM and flash the ESP32 has two caches
 * of 32 KB. With two cores ESP-IDF maps PSRAM low/high: a half of 2 MB each, whose cache both cores use. Flash and code go through a
 * core's own. So at worst two blocks, one a core, the vectors and the code of the loop share one cache of 32 KB.
 */
#define BLOCK_BYTES 8192u

struct job {
    const struct tl_model *model;
    const struct tl_rows *rows;
    uint32_t from;
    uint32_t count;
    float *out;
    uint32_t percent;
    int result[2];
};

void tl_fast_take(struct tl_model *m, uint32_t from, uint32_t count, float *values, uint32_t cols, int16_t *codes)
{
    for (uint32_t b = from; b < count; b++) {
        int16_t *own = (int16_t *)(void *)tl_fast_at(m, (float *)(void *)codes, b);
        int32_t *sums = (int32_t *)(void *)(own + ((cols + 1) & ~1u));
        m->fast.in[b] = (struct tl_vector){.values = tl_fast_at(m, values, b), .n = cols, .codes = own, .sums = sums};
    }
}

void tl_fast_quantize(struct tl_model *m, uint32_t from, uint32_t count)
{
    for (uint32_t b = from; b < count; b++) tl_layer_quantize(m, &m->fast.in[b]);
}

struct tl_rows tl_rows_part(const struct tl_rows *rows, uint32_t first, uint32_t count)
{
    struct tl_rows part = *rows;
    part.data += (uint64_t)first * rows->row_bytes;
    part.count = count;
    return part;
}

/** One block for every vector. Only the first brings the block's bytes over the bus, unless a row alone is larger than a block. */
static int multiply_block(const struct job *job, const struct tl_rows *block, uint32_t first)
{
    const struct tl_model *m = job->model;
    const uint32_t bytes = block->count * block->row_bytes;
    int result = TL_OK;
    for (uint32_t b = job->from; result == TL_OK && b < job->count; b++) {
        const bool cached = b > job->from && bytes <= BLOCK_BYTES;
        result = tl_rows_multiply(tl_fast_at(m, job->out, b) + first, block, &m->fast.in[b]);
        tl_charge(m->hal, tl_format_kernel(block->format), block->count * block->cols, block->data, cached ? 0 : bytes);
    }
    return result;
}

static void multiply_share(void *arg, uint32_t core)
{
    struct job *job = arg;
    const struct tl_share share = tl_fast_share(job->rows->count, job->percent, core);
    const uint32_t fitting = BLOCK_BYTES / job->rows->row_bytes;
    const uint32_t step = job->count - job->from > 1 ? (fitting > 0 ? fitting : 1) : job->rows->count;
    int result = TL_OK;
    for (uint32_t row = share.first; result == TL_OK && row < share.end; row += step) {
        const struct tl_rows block = tl_rows_part(job->rows, row, share.end - row < step ? share.end - row : step);
        result = multiply_block(job, &block, row);
    }
    job->result[core] = result;
}

int tl_fast_multiply(struct tl_model *m, const struct tl_rows *rows, uint32_t from, uint32_t count, float *out)
{
    const uint64_t work = (uint64_t)rows->count * rows->cols * (count - from);
    struct job job = {.model = m, .rows = rows, .from = from, .count = count, .out = out, .percent = tl_fast_split(m, work)};
    tl_fast_run(m, job.percent, multiply_share, &job);
    return job.result[0] ? job.result[0] : job.result[1];
}
