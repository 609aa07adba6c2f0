#include "native_double.h"

#include <math.h>
#include <stdlib.h>

static void times(double *out, const float *matrix, const double *in, uint32_t rows, uint32_t cols)
{
    for (uint32_t r = 0; r < rows; r++) {
        out[r] = 0;
        for (uint32_t c = 0; c < cols; c++) out[r] += (double)matrix[r * cols + c] * in[c];
    }
}

static void normalized(double *out, const double *x, const float *weight, uint32_t n, double eps)
{
    double square = 0;
    for (uint32_t i = 0; i < n; i++) square += x[i] * x[i];
    for (uint32_t i = 0; i < n; i++) out[i] = weight[i] * x[i] / sqrt(square / n + eps);
}

static void rotated(double *head, uint32_t head_dim, uint32_t pos, double theta)
{
    for (uint32_t i = 0; i < head_dim / 2; i++) {
        const double angle = pos * pow(theta, -2.0 * i / head_dim);
        const double u = head[i], w = head[i + head_dim / 2];
        head[i] = u * cos(angle) - w * sin(angle);
        head[i + head_dim / 2] = w * cos(angle) + u * sin(angle);
    }
}

static void mixed_head(double *out, const double *q, const double *keys, const double *values, uint32_t stride,
                       uint32_t head_dim, uint32_t seen)
{
    double weight[64], total = 0;
    for (uint32_t t = 0; t < seen; t++) {
        double score = 0;
        for (uint32_t d = 0; d < head_dim; d++) score += q[d] * keys[t * stride + d];
        weight[t] = exp(score / sqrt((double)head_dim));
        total += weight[t];
    }
    for (uint32_t d = 0; d < head_dim; d++) {
        out[d] = 0;
        for (uint32_t t = 0; t < seen; t++) out[d] += weight[t] / total * values[t * stride + d];
    }
}

struct cache {
    double keys[3][64][64]; /* layer, position, kv element */
    double values[3][64][64];
};

static void attention_double(const struct test_model *m, struct cache *cache, uint32_t layer, uint32_t pos, double *x)
{
    const struct tl_config *c = &m->config;
    const uint32_t q_rows = c->heads * c->head_dim, kv_rows = c->kv_heads * c->head_dim;
    double h[64], q[64], out[64];
    normalized(h, x, m->tensor[TL_NORM1] + layer * c->hidden, c->hidden, c->norm_eps);
    times(q, m->tensor[TL_Q] + layer * q_rows * c->hidden, h, q_rows, c->hidden);
    times(cache->keys[layer][pos], m->tensor[TL_K] + layer * kv_rows * c->hidden, h, kv_rows, c->hidden);
    times(cache->values[layer][pos], m->tensor[TL_V] + layer * kv_rows * c->hidden, h, kv_rows, c->hidden);
    for (uint32_t i = 0; i < c->heads; i++) rotated(q + i * c->head_dim, c->head_dim, pos, c->rope_theta);
    for (uint32_t i = 0; i < c->kv_heads; i++) {
        rotated(cache->keys[layer][pos] + i * c->head_dim, c->head_dim, pos, c->rope_theta);
    }
    for (uint32_t i = 0; i < c->heads; i++) {
        const uint32_t kv = i / (c->heads / c->kv_heads) * c->head_dim;
        mixed_head(out + i * c->head_dim, q + i * c->head_dim, cache->keys[layer][0] + kv,
                   cache->values[layer][0] + kv, 64, c->head_dim, pos + 1);
    }
    times(h, m->tensor[TL_O] + layer * c->hidden * q_rows, out, c->hidden, q_rows);
    for (uint32_t i = 0; i < c->hidden; i++) x[i] += h[i];
}

static void mlp_double(const struct test_model *m, uint32_t layer, double *x)
{
    const struct tl_config *c = &m->config;
    const uint32_t matrix = layer * c->ffn * c->hidden;
    double h[64], gate[64], up[64];
    normalized(h, x, m->tensor[TL_NORM2] + layer * c->hidden, c->hidden, c->norm_eps);
    times(gate, m->tensor[TL_GATE] + matrix, h, c->ffn, c->hidden);
    times(up, m->tensor[TL_UP] + matrix, h, c->ffn, c->hidden);
    for (uint32_t i = 0; i < c->ffn; i++) gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i];
    times(h, m->tensor[TL_DOWN] + matrix, gate, c->hidden, c->ffn);
    for (uint32_t i = 0; i < c->hidden; i++) x[i] += h[i];
}

void test_forward_double(const struct test_model *m, const uint32_t *tokens, uint32_t count, double *logits)
{
    const struct tl_config *c = &m->config;
    struct cache *cache = malloc(sizeof *cache);
    double x[64], h[64];
    if (!cache) abort();
    for (uint32_t pos = 0; pos < count; pos++) {
        for (uint32_t i = 0; i < c->hidden; i++) x[i] = m->tensor[TL_EMBED][tokens[pos] * c->hidden + i];
        for (uint32_t layer = 0; layer < c->layers; layer++) {
            attention_double(m, cache, layer, pos, x);
            mlp_double(m, layer, x);
        }
    }
    normalized(h, x, m->tensor[TL_FINAL_NORM], c->hidden, c->norm_eps);
    times(logits, m->tensor[c->tied_head ? TL_EMBED : TL_HEAD], h, c->vocab, c->hidden);
    free(cache);
}
