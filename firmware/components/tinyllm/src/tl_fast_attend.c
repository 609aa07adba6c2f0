#include "tl_fast_layer.h"

#include <stddef.h>

#include "tl_fast_cores.h"
#include "tl_kernels.h"
#include "tl_math.h"

/** The query heads of one key-value head, at one position. */
struct job {
    const struct tl_model *model;
    const float *q;      /* (group, head_dim) */
    const float *keys;   /* (context, head_dim) */
    const float *values; /* (head_dim, context) */
    float *scores;       /* (group, context) */
    float *out;          /* (group, head_dim) */
    uint32_t group;
    uint32_t seen; /* positions */
    uint32_t percent;
};

/* Keys and values lie in PSRAM, and all heads of a group want the same: each row comes over the bus once, for all of them. */
static void charge_group(const struct job *job, uint32_t rows, uint32_t cols, const float *data)
{
    if (rows > 0) tl_charge(job->model->hal, TL_KERNEL_DOT, job->group * rows * cols, data, rows * cols * 4);
}

static void score_share(void *arg, uint32_t core)
{
    const struct job *job = arg;
    const uint32_t head_dim = job->model->config.head_dim;
    const struct tl_share share = tl_fast_share(job->seen, job->percent, core);
    const float scale = tl_rsqrt((float)head_dim);
    for (uint32_t t = share.first; t < share.end; t++) {
        const float *key = job->keys + (size_t)t * head_dim;
        for (uint32_t head = 0; head < job->group; head++) {
            job->scores[head * job->model->need.context + t] = tl_dot(job->q + head * head_dim, key, head_dim) * scale;
        }
    }
    charge_group(job, share.end - share.first, head_dim, job->keys + (size_t)share.first * head_dim);
}

static void soften_share(void *arg, uint32_t core)
{
    const struct job *job = arg;
    const struct tl_share share = tl_fast_share(job->group, job->percent, core);
    for (uint32_t head = share.first; head < share.end; head++) {
        float *scores = job->scores + head * job->model->need.context;
        tl_softmax(scores, job->seen);
        tl_charge(job->model->hal, TL_KERNEL_EXP, job->seen, scores, job->seen * 4);
    }
}

static void mix_share(void *arg, uint32_t core)
{
    const struct job *job = arg;
    const uint32_t head_dim = job->model->config.head_dim;
    const size_t context = job->model->need.context;
    const struct tl_share share = tl_fast_share(head_dim, job->percent, core);
    for (uint32_t d = share.first; d < share.end; d++) {
        const float *value = job->values + d * context;
        for (uint32_t head = 0; head < job->group; head++) {
            job->out[head * head_dim + d] = tl_dot(job->scores + head * context, value, job->seen);
        }
    }
    charge_group(job, share.end - share.first, job->seen, job->values + share.first * context);
}

void tl_fast_attend(struct tl_model *m, uint32_t layer, uint32_t pos, const float *q, float *out)
{
    const struct tl_config *c = &m->config;
    const size_t cache = (size_t)m->need.context * c->head_dim;
    struct job job = {.model = m, .scores = m->state.scores, .group = c->heads / c->kv_heads, .seen = pos + 1};
    job.percent = tl_fast_split(m, (uint64_t)job.group * job.seen * c->head_dim);
    for (uint32_t head = 0; head < c->kv_heads; head++) {
        job.q = q + head * job.group * c->head_dim;
        job.out = out + head * job.group * c->head_dim;
        job.keys = m->state.keys + (layer * c->kv_heads + head) * cache;
        job.values = m->state.values + (layer * c->kv_heads + head) * cache;
        tl_fast_run(m, job.percent, score_share, &job);
        tl_fast_run(m, job.percent, soften_share, &job);
        tl_fast_run(m, job.percent, mix_share, &job);
    }
}
