#include "tl_sample.h"

#include <stddef.h>

#include "tl_crc32.h"
#include "tl_math.h"

uint32_t tl_argmax(const float *logits, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++) {
        if (logits[i] > logits[best]) best = i;
    }
    return best;
}

/* Insertion into a sorted list: k is at most 64, and nearly every logit loses against the last at once. */
uint32_t tl_top_k(const float *logits, uint32_t n, uint32_t k, uint32_t *ids)
{
    uint32_t count = 0;
    for (uint32_t id = 0; id < n; id++) {
        if (logits[id] != logits[id]) continue;
        if (count == k && !(logits[id] > logits[ids[count - 1]])) continue;
        uint32_t place = count < k ? count++ : count - 1;
        for (; place > 0 && logits[id] > logits[ids[place - 1]]; place--) ids[place] = ids[place - 1];
        ids[place] = id;
    }
    return count;
}

float tl_draw(uint32_t *state)
{
    *state += 0x9e3779b9u;
    uint32_t z = *state;
    z = (z ^ (z >> 16)) * 0x21f0aaadu;
    z = (z ^ (z >> 15)) * 0x735a2d97u;
    z = z ^ (z >> 15);
    return (float)(z >> 8) * 5.9604644775390625e-8f;
}

/** Candidates in order: `ids` (count), or all ids when it is NULL. */
struct candidates {
    const float *logits;
    const uint32_t *ids;
    uint32_t count;
    float largest;
    float inv; /* 1 / temperature */
};

static uint32_t candidate(const struct candidates *c, uint32_t i)
{
    return c->ids ? c->ids[i] : i;
}

/* Weights are computed again in the second walk rather than kept: a vocabulary of them would double the logits' memory. */
static float weight(const struct candidates *c, uint32_t i)
{
    return tl_exp((c->logits[candidate(c, i)] - c->largest) * c->inv);
}

static uint32_t pick(const struct candidates *c, float u)
{
    float total = 0.0f;
    for (uint32_t i = 0; i < c->count; i++) total = total + weight(c, i);
    const float limit = u * total;
    float running = 0.0f;
    for (uint32_t i = 0; i + 1 < c->count; i++) {
        running = running + weight(c, i);
        if (running > limit) return candidate(c, i);
    }
    return candidate(c, c->count - 1);
}

/** The next token, when `best` is known to be the largest logit's id. */
static uint32_t sample_beside(const float *logits, uint32_t n, uint32_t best, struct tl_sampler *sampler)
{
    if (!(sampler->temperature > 0.0f)) return best;
    uint32_t ids[TL_MAX_TOP_K];
    struct candidates c = {logits, NULL, n, logits[best], 1.0f / sampler->temperature};
    if (sampler->top_k > 0) {
        c.count = tl_top_k(logits, n, sampler->top_k < TL_MAX_TOP_K ? sampler->top_k : TL_MAX_TOP_K, ids);
        c.ids = ids;
    }
    return pick(&c, tl_draw(&sampler->state));
}

uint32_t tl_sample(const float *logits, uint32_t n, struct tl_sampler *sampler)
{
    return sample_beside(logits, n, tl_argmax(logits, n), sampler);
}

/** The same when `m` is known to be the largest logit. */
static float log_probability_beside(const float *logits, uint32_t n, float m, uint32_t id)
{
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (uint32_t i = 0; i < n; i++) lane[i & 3u] = lane[i & 3u] + tl_exp(logits[i] - m);
    return (logits[id] - m) - tl_log((lane[0] + lane[1]) + (lane[2] + lane[3]));
}

float tl_log_probability(const float *logits, uint32_t n, uint32_t id)
{
    return log_probability_beside(logits, n, logits[tl_argmax(logits, n)], id);
}

static void charge_walk(const struct tl_model *model, enum tl_kernel kernel, uint32_t walks)
{
    const uint32_t n = model->config.vocab;
    for (uint32_t i = 0; i < walks; i++) tl_charge(model->hal, kernel, n, model->state.logits, n * 4);
}

int tl_model_check_logits(struct tl_model *model)
{
    const float *logits = model->state.logits;
    charge_walk(model, TL_KERNEL_ELEMENTWISE, 1);
    for (uint32_t i = 0; i < model->config.vocab; i++) {
        if (logits[i] - logits[i] != 0.0f) return TL_ERR_BAD_LOGITS;
    }
    return TL_OK;
}

uint32_t tl_model_choose(const struct tl_model *model, struct tl_sampler *sampler)
{
    if (sampler->temperature > 0.0f && sampler->top_k == 0) charge_walk(model, TL_KERNEL_EXP, 2);
    if (sampler->temperature > 0.0f && sampler->top_k > 0) charge_walk(model, TL_KERNEL_ELEMENTWISE, 1);
    return sample_beside(model->state.logits, model->config.vocab, model->best.id, sampler);
}

float tl_model_log_probability(const struct tl_model *model, uint32_t id)
{
    charge_walk(model, TL_KERNEL_EXP, 1);
    return log_probability_beside(model->state.logits, model->config.vocab, model->best.logit, id);
}

uint32_t tl_model_top_k(const struct tl_model *model, uint32_t k, uint32_t *ids)
{
    charge_walk(model, TL_KERNEL_ELEMENTWISE, 1);
    return tl_top_k(model->state.logits, model->config.vocab, k, ids);
}

uint32_t tl_model_logits_crc(const struct tl_model *model, uint32_t crc)
{
    const uint32_t bytes = model->config.vocab * 4;
    tl_charge(model->hal, TL_KERNEL_CRC, bytes, model->state.logits, bytes);
    return tl_crc32(crc, model->state.logits, bytes);
}
