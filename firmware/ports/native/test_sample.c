/* The choice of the next token. */

#include <math.h>
#include <stdlib.h>

#include "native_check.h"
#include "tl_math.h"
#include "tl_sample.h"

#define N 300

static void fill(float *logits, uint32_t n, uint64_t seed)
{
    for (uint32_t i = 0; i < n; i++) logits[i] = 6.0f * test_random_float(&seed);
}

static void check_greedy(void)
{
    test_case("greedy takes the lowest id among equals");
    const float ties[6] = {1.0f, 3.0f, -2.0f, 3.0f, 3.0f, 0.0f};
    EQUAL(tl_argmax(ties, 6), 1);
    EQUAL(tl_argmax(ties, 1), 0);
    struct tl_sampler greedy = {0.0f, 0, 99};
    EQUAL(tl_sample(ties, 6, &greedy), 1);
    EQUAL(greedy.state, 99);
}

struct ranked {
    float logit;
    uint32_t id;
};

static int by_rank(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->logit != b->logit) return a->logit > b->logit ? -1 : 1;
    return a->id < b->id ? -1 : 1;
}

static void check_top_k(void)
{
    float logits[N];
    struct ranked sorted[N];
    uint32_t ids[TL_MAX_TOP_K];
    test_case("top-k is the head of a full sort, ties by id");
    for (uint64_t seed = 0; seed < 50; seed++) {
        fill(logits, N, seed);
        for (uint32_t i = 0; i < N; i++) logits[i] = floorf(logits[i] * (float)(seed % 5 + 1));
        for (uint32_t i = 0; i < N; i++) sorted[i] = (struct ranked){logits[i], i};
        qsort(sorted, N, sizeof *sorted, by_rank);
        const uint32_t k = (uint32_t)seed % TL_MAX_TOP_K + 1;
        EQUAL(tl_top_k(logits, N, k, ids), k);
        for (uint32_t i = 0; i < k; i++) EQUAL(ids[i], sorted[i].id);
    }
    test_case("top-k of fewer logits than k is all of them");
    EQUAL(tl_top_k(logits, 3, 64, ids), 3);
}

/** FORMATS.md "Seeded" with every weight kept, for given candidates. */
static uint32_t sample_plainly(const float *logits, const uint32_t *ids, uint32_t count, float temperature, float u)
{
    float weights[N], total = 0.0f, running = 0.0f;
    float largest = logits[ids[0]];
    const float inv = 1.0f / temperature;
    for (uint32_t i = 1; i < count; i++) largest = fmaxf(largest, logits[ids[i]]);
    for (uint32_t i = 0; i < count; i++) total += weights[i] = tl_exp((logits[ids[i]] - largest) * inv);
    const float limit = u * total;
    for (uint32_t i = 0; i < count; i++) {
        running += weights[i];
        if (running > limit) return ids[i];
    }
    return ids[count - 1];
}

static void check_seeded(void)
{
    float logits[N];
    uint32_t all[N], top[TL_MAX_TOP_K];
    for (uint32_t i = 0; i < N; i++) all[i] = i;
    test_case("seeded sampling follows its definition, over all tokens and over the top k");
    for (uint32_t seed = 0; seed < 300; seed++) {
        fill(logits, N, seed);
        uint32_t state = seed;
        const float u = tl_draw(&state);
        struct tl_sampler open = {0.8f, 0, seed};
        EQUAL(tl_sample(logits, N, &open), sample_plainly(logits, all, N, 0.8f, u));
        EQUAL(open.state, state);
        struct tl_sampler narrow = {1.3f, 7, seed};
        tl_top_k(logits, N, 7, top);
        EQUAL(tl_sample(logits, N, &narrow), sample_plainly(logits, top, 7, 1.3f, u));
    }
    test_case("top-k of 1 is greedy at any temperature");
    struct tl_sampler one = {5.0f, 1, 3};
    EQUAL(tl_sample(logits, N, &one), tl_argmax(logits, N));
}

/** The published 32-bit mixer over a Weyl sequence, with 64-bit arithmetic. */
static float draw_plainly(uint32_t seed, uint32_t steps)
{
    uint64_t z = (seed + (uint64_t)steps * 0x9e3779b9u) & 0xffffffffu;
    z = ((z ^ (z >> 16)) * 0x21f0aaadu) & 0xffffffffu;
    z = ((z ^ (z >> 15)) * 0x735a2d97u) & 0xffffffffu;
    z ^= z >> 15;
    return (float)(z >> 8) / 16777216.0f;
}

static void check_draws(void)
{
    uint32_t state = 12345;
    double sum = 0;
    test_case("draws come from the seed alone, uniform in [0, 1)");
    for (uint32_t i = 1; i <= 10000; i++) {
        const float u = tl_draw(&state);
        CHECK(u >= 0.0f && u < 1.0f);
        EQUAL(test_bits(u), test_bits(draw_plainly(12345, i)));
        sum += u;
    }
    AT_MOST(fabs(sum / 10000 - 0.5), 0.01);
    test_case("sampled frequencies approach the probabilities");
    const float logits[4] = {0.0f, 1.0f, 2.0f, -1.0f};
    uint32_t hits[4] = {0};
    struct tl_sampler sampler = {1.0f, 0, 7};
    for (int i = 0; i < 20000; i++) hits[tl_sample(logits, 4, &sampler)]++;
    const double total = 1 + exp(1) + exp(2) + exp(-1);
    for (int i = 0; i < 4; i++) AT_MOST(fabs(hits[i] / 20000.0 - exp(logits[i]) / total), 0.01);
}

static void check_log_probability(void)
{
    float logits[N];
    double total = 0;
    fill(logits, N, 11);
    for (int i = 0; i < N; i++) total += exp((double)logits[i]);
    test_case("log-probabilities match double precision");
    for (uint32_t id = 0; id < N; id++) {
        AT_MOST(fabs(tl_log_probability(logits, N, id) - (logits[id] - log(total))), 5e-6);
    }
    test_case("a token that is certain has log-probability 0");
    const float certain[2] = {200.0f, 0.0f};
    EQUAL(test_bits(tl_log_probability(certain, 2, 0)), 0);
}

int main(void)
{
    check_greedy();
    check_top_k();
    check_seeded();
    check_draws();
    check_log_probability();
    return test_report();
}
