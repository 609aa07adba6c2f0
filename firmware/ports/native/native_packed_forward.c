#include "native_packed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "native_naive.h"
#include "tl_math.h"

#define MAX 512
#define POSITIONS 16

/** Keys and values by layer, position and element. */
struct memory {
    float k[PACKED_LAYERS][POSITIONS][MAX];
    float v[PACKED_LAYERS][POSITIONS][MAX];
};

/** out (rows) = layer `layer` of the tensor times x (cols). */
static void times(const struct test_packed *m, float *out, enum tl_tensor t, uint32_t layer, uint32_t rows, uint32_t cols, const float *x)
{
    for (uint32_t row = 0; row < rows; row++) {
        const unsigned char *weights = test_packed_row(m, t, layer, row);
        out[row] = naive_product(m->config.format[t], weights, cols, m->scales[t][layer], x);
    }
}

static void norm(const struct test_packed *m, float *out, const float *x, enum tl_tensor t, uint32_t layer)
{
    const uint32_t n = m->config.hidden;
    const unsigned char *weights = test_packed_row(m, t, layer, 0);
    const float r = tl_rsqrt(naive_dot(x, x, n) / (float)n + m->config.norm_eps);
    for (uint32_t i = 0; i < n; i++) out[i] = naive_value(TL_FLOAT32, weights, n, i, 0) * (x[i] * r);
}

static void turn(const struct tl_config *c, float *heads, uint32_t count, uint32_t pos)
{
    float freq[MAX];
    const uint32_t half = c->head_dim / 2;
    tl_rope_frequencies(freq, c->head_dim, c->rope_theta);
    for (uint32_t head = 0; head < count; head++, heads += c->head_dim) {
        for (uint32_t i = 0; i < half; i++) {
            float sine, cosine;
            tl_sincos((float)pos * freq[i], &sine, &cosine);
            const float u = heads[i], w = heads[i + half];
            heads[i] = u * cosine - w * sine;
            heads[i + half] = w * cosine + u * sine;
        }
    }
}

static void attend(const struct tl_config *c, const struct memory *memory, uint32_t layer, uint32_t head, uint32_t pos, const float *q, float *out)
{
    const uint32_t at = head / (c->heads / c->kv_heads) * c->head_dim;
    float p[POSITIONS] = {0}, column[POSITIONS], ones[POSITIONS], m = -INFINITY;
    for (uint32_t t = 0; t <= pos; t++) {
        p[t] = naive_dot(q, memory->k[layer][t] + at, c->head_dim) * tl_rsqrt((float)c->head_dim);
        m = fmaxf(m, p[t]);
    }
    for (uint32_t t = 0; t <= pos; t++) {
        p[t] = tl_exp(p[t] - m);
        ones[t] = 1.0f;
    }
    const float inv = 1.0f / naive_dot(p, ones, pos + 1);
    for (uint32_t t = 0; t <= pos; t++) p[t] = p[t] * inv;
    for (uint32_t d = 0; d < c->head_dim; d++) {
        for (uint32_t t = 0; t <= pos; t++) column[t] = memory->v[layer][t][at + d];
        out[d] = naive_dot(p, column, pos + 1);
    }
}

static void layer_forward(const struct test_packed *m, struct memory *memory, uint32_t layer, uint32_t pos, float *x)
{
    const struct tl_config *c = &m->config;
    const uint32_t q_cols = c->heads * c->head_dim, kv_cols = c->kv_heads * c->head_dim;
    float h[MAX], q[MAX], mixed[MAX], g[MAX], u[MAX], y[MAX];
    norm(m, h, x, TL_NORM1, layer);
    times(m, q, TL_Q, layer, q_cols, c->hidden, h);
    times(m, memory->k[layer][pos], TL_K, layer, kv_cols, c->hidden, h);
    times(m, memory->v[layer][pos], TL_V, layer, kv_cols, c->hidden, h);
    turn(c, q, c->heads, pos);
    turn(c, memory->k[layer][pos], c->kv_heads, pos);
    for (uint32_t head = 0; head < c->heads; head++) attend(c, memory, layer, head, pos, q + head * c->head_dim, mixed + head * c->head_dim);
    times(m, y, TL_O, layer, c->hidden, q_cols, mixed);
    for (uint32_t i = 0; i < c->hidden; i++) x[i] = x[i] + y[i];
    norm(m, h, x, TL_NORM2, layer);
    times(m, g, TL_GATE, layer, c->ffn, c->hidden, h);
    times(m, u, TL_UP, layer, c->ffn, c->hidden, h);
    for (uint32_t i = 0; i < c->ffn; i++) g[i] = (g[i] / (1.0f + tl_exp(-g[i]))) * u[i];
    times(m, y, TL_DOWN, layer, c->hidden, c->ffn, g);
    for (uint32_t i = 0; i < c->hidden; i++) x[i] = x[i] + y[i];
}

void test_packed_forward(const struct test_packed *m, const uint32_t *tokens, uint32_t count, float *logits)
{
    const struct tl_config *c = &m->config;
    const enum tl_tensor head = c->tied_head ? TL_EMBED : TL_HEAD;
    struct memory *memory = calloc(1, sizeof *memory);
    float x[MAX], h[MAX];
    if (!memory || count > POSITIONS) abort();
    for (uint32_t pos = 0; pos < count; pos++) {
        const unsigned char *row = test_packed_row(m, TL_EMBED, 0, tokens[pos]);
        for (uint32_t i = 0; i < c->hidden; i++) x[i] = naive_value(c->format[TL_EMBED], row, c->hidden, i, m->scales[TL_EMBED][0]);
        for (uint32_t layer = 0; layer < c->layers; layer++) layer_forward(m, memory, layer, pos, x);
    }
    norm(m, h, x, TL_FINAL_NORM, 0);
    times(m, logits, head, 0, c->vocab, c->hidden, h);
    free(memory);
}
