#include "tl_forward.h"

#include <stddef.h>
#include <string.h>

#include "tl_kernels.h"
#include "tl_math.h"

static uint64_t now(const struct tl_model *m)
{
    return m->hal->now_us(m->hal->ctx);
}

static void charge(const struct tl_model *m, enum tl_kernel kernel, uint32_t count, const void *data, uint32_t bytes)
{
    tl_charge(m->hal, kernel, count, data, bytes);
}

/** Brings rows `first` .. `first + rows - 1` of one layer's matrix (layer_rows, cols) to the stage buffer. */
static int stage_rows(struct tl_model *m, enum tl_tensor tensor, uint32_t first_row, uint32_t rows, uint32_t cols)
{
    const struct tl_file *file = &m->weights.file[tensor];
    const uint32_t row_bytes = cols * 4;
    return tl_card_read(&m->card, file, first_row * row_bytes, m->state.stage, rows * row_bytes, &m->fault);
}

/** out (rows) = the staged rows times in (cols). */
static void multiply_staged(struct tl_model *m, float *out, const float *in, uint32_t rows, uint32_t cols)
{
    tl_matvec(out, m->state.stage, in, rows, cols);
    charge(m, TL_KERNEL_DOT, rows * cols, m->state.stage, rows * cols * 4);
}

/** out (rows) = layer `layer` of the tensor (layers, rows, cols), read whole, times in (cols). */
static int project(struct tl_model *m, float *out, enum tl_tensor tensor, uint32_t layer, const float *in,
                   uint32_t rows, uint32_t cols)
{
    const int result = stage_rows(m, tensor, layer * rows, rows, cols);
    if (result == TL_OK) multiply_staged(m, out, in, rows, cols);
    return result;
}

static void normalize(struct tl_model *m, const float *weight)
{
    const uint32_t hidden = m->config.hidden;
    tl_rmsnorm(m->state.h, m->state.x, weight, hidden, m->config.norm_eps);
    charge(m, TL_KERNEL_RMSNORM, hidden, weight, hidden * 4);
}

static void add_to_residual(struct tl_model *m, const float *y)
{
    tl_add(m->state.x, y, m->config.hidden);
    charge(m, TL_KERNEL_ELEMENTWISE, m->config.hidden, m->state.x, m->config.hidden * 4);
}

static void prepare_angles(struct tl_model *m, uint32_t pos)
{
    struct tl_state *s = &m->state;
    const uint32_t half = m->config.head_dim / 2;
    for (uint32_t i = 0; i < half; i++) tl_sincos((float)pos * s->freq[i], &s->sine[i], &s->cosine[i]);
    charge(m, TL_KERNEL_EXP, 2 * half, s->freq, half * 4);
}

static void rotate_heads(struct tl_model *m, float *heads, uint32_t count)
{
    const uint32_t head_dim = m->config.head_dim;
    for (uint32_t head = 0; head < count; head++) {
        tl_rope(heads + head * head_dim, m->state.cosine, m->state.sine, head_dim);
    }
    charge(m, TL_KERNEL_ELEMENTWISE, count * head_dim, heads, count * head_dim * 4);
}

/** The keys (context, head_dim) or the values (head_dim, context) of one layer's key-value head. */
static float *cache_of(const struct tl_model *m, float *cache, uint32_t layer, uint32_t kv_head)
{
    return cache + (size_t)(layer * m->config.kv_heads + kv_head) * m->need.context * m->config.head_dim;
}

static void remember(struct tl_model *m, uint32_t layer, uint32_t pos)
{
    struct tl_state *s = &m->state;
    const uint32_t head_dim = m->config.head_dim;
    for (uint32_t head = 0; head < m->config.kv_heads; head++) {
        float *keys = cache_of(m, s->keys, layer, head);
        float *values = cache_of(m, s->values, layer, head);
        memcpy(keys + (size_t)pos * head_dim, s->k + head * head_dim, head_dim * 4);
        for (uint32_t d = 0; d < head_dim; d++) values[(size_t)d * m->need.context + pos] = s->v[head * head_dim + d];
    }
    const uint32_t count = 2 * m->config.kv_heads * head_dim;
    charge(m, TL_KERNEL_ELEMENTWISE, count, s->keys, count * 4);
}

static void attend(struct tl_model *m, uint32_t layer, uint32_t head, uint32_t pos)
{
    struct tl_state *s = &m->state;
    const uint32_t head_dim = m->config.head_dim;
    const uint32_t kv_head = head / (m->config.heads / m->config.kv_heads);
    const float *keys = cache_of(m, s->keys, layer, kv_head);
    const float *values = cache_of(m, s->values, layer, kv_head);
    const float *q = s->q + head * head_dim;
    const float scale = tl_rsqrt((float)head_dim);
    const uint32_t seen = pos + 1;
    for (uint32_t t = 0; t < seen; t++) s->scores[t] = tl_dot(q, keys + (size_t)t * head_dim, head_dim) * scale;
    charge(m, TL_KERNEL_DOT, seen * head_dim, keys, seen * head_dim * 4);
    tl_softmax(s->scores, seen);
    charge(m, TL_KERNEL_EXP, seen, s->scores, seen * 4);
    float *out = s->mixed + head * head_dim;
    for (uint32_t d = 0; d < head_dim; d++) out[d] = tl_dot(s->scores, values + (size_t)d * m->need.context, seen);
    charge(m, TL_KERNEL_DOT, seen * head_dim, values, seen * head_dim * 4);
}

static int attention(struct tl_model *m, uint32_t layer, uint32_t pos)
{
    struct tl_state *s = &m->state;
    const struct tl_config *c = &m->config;
    const uint32_t q_rows = c->heads * c->head_dim;
    const uint32_t kv_rows = c->kv_heads * c->head_dim;
    int result;
    normalize(m, s->norm1 + (size_t)layer * c->hidden);
    if ((result = project(m, s->q, TL_Q, layer, s->h, q_rows, c->hidden))) return result;
    if ((result = project(m, s->k, TL_K, layer, s->h, kv_rows, c->hidden))) return result;
    if ((result = project(m, s->v, TL_V, layer, s->h, kv_rows, c->hidden))) return result;
    rotate_heads(m, s->q, c->heads);
    rotate_heads(m, s->k, c->kv_heads);
    remember(m, layer, pos);
    for (uint32_t head = 0; head < c->heads; head++) attend(m, layer, head, pos);
    if ((result = project(m, s->h, TL_O, layer, s->mixed, c->hidden, q_rows))) return result;
    add_to_residual(m, s->h);
    return TL_OK;
}

static uint32_t rows_left(uint32_t row, uint32_t rows, uint32_t chunk)
{
    return rows - row < chunk ? rows - row : chunk;
}

/** gate and up (ffn), chunk by chunk in turn. */
static int mlp_widen(struct tl_model *m, uint32_t layer)
{
    struct tl_state *s = &m->state;
    const struct tl_config *c = &m->config;
    for (uint32_t row = 0; row < c->ffn; row += m->need.up_rows) {
        const uint32_t rows = rows_left(row, c->ffn, m->need.up_rows);
        int result = stage_rows(m, TL_GATE, layer * c->ffn + row, rows, c->hidden);
        if (result) return result;
        multiply_staged(m, s->gate + row, s->h, rows, c->hidden);
        result = stage_rows(m, TL_UP, layer * c->ffn + row, rows, c->hidden);
        if (result) return result;
        multiply_staged(m, s->up + row, s->h, rows, c->hidden);
    }
    return TL_OK;
}

static int mlp_narrow(struct tl_model *m, uint32_t layer)
{
    struct tl_state *s = &m->state;
    const struct tl_config *c = &m->config;
    for (uint32_t row = 0; row < c->hidden; row += m->need.down_rows) {
        const uint32_t rows = rows_left(row, c->hidden, m->need.down_rows);
        const int result = stage_rows(m, TL_DOWN, layer * c->hidden + row, rows, c->ffn);
        if (result) return result;
        multiply_staged(m, s->h + row, s->gate, rows, c->ffn);
    }
    return TL_OK;
}

static int mlp(struct tl_model *m, uint32_t layer)
{
    struct tl_state *s = &m->state;
    const uint32_t ffn = m->config.ffn;
    normalize(m, s->norm2 + (size_t)layer * m->config.hidden);
    int result = mlp_widen(m, layer);
    if (result) return result;
    tl_swiglu(s->gate, s->up, ffn);
    charge(m, TL_KERNEL_EXP, ffn, s->gate, ffn * 4);
    charge(m, TL_KERNEL_ELEMENTWISE, ffn, s->up, ffn * 4);
    if ((result = mlp_narrow(m, layer))) return result;
    add_to_residual(m, s->h);
    return TL_OK;
}

static int head(struct tl_model *m)
{
    struct tl_state *s = &m->state;
    const struct tl_config *c = &m->config;
    const enum tl_tensor tensor = c->tied_head ? TL_EMBED : TL_HEAD;
    normalize(m, s->norm_out);
    for (uint32_t row = 0; row < c->vocab; row += m->need.head_rows) {
        const uint32_t rows = rows_left(row, c->vocab, m->need.head_rows);
        const int result = stage_rows(m, tensor, row, rows, c->hidden);
        if (result) return result;
        multiply_staged(m, s->logits + row, s->h, rows, c->hidden);
    }
    return TL_OK;
}

/** Where a stage began: on the clock, and in the card's count of reads. */
struct mark {
    uint64_t us;
    uint32_t reads;
};

/** Adds time and reads since the mark to a stage, and starts the next one. */
static void end_stage(const struct tl_model *m, uint64_t *stage_us, uint32_t *stage_reads, struct mark *since)
{
    const struct mark end = {now(m), m->card.traffic.reads};
    *stage_us += end.us - since->us;
    *stage_reads += end.reads - since->reads;
    *since = end;
}

static int layer_pass(struct tl_model *m, uint32_t layer, uint32_t pos, struct mark *since)
{
    int result = attention(m, layer, pos);
    end_stage(m, &m->times.attention_us, &m->reads.attention, since);
    if (result) return result;
    result = mlp(m, layer);
    end_stage(m, &m->times.mlp_us, &m->reads.mlp, since);
    return result;
}

int tl_forward(struct tl_model *m, uint32_t token, uint32_t pos, bool with_head)
{
    const struct tl_config *c = &m->config;
    if (token >= c->vocab || pos >= m->need.context) return TL_ERR_BAD_ARGUMENT;
    struct mark since = {now(m), m->card.traffic.reads};
    int result = tl_card_read(&m->card, &m->weights.file[TL_EMBED], token * c->hidden * 4, m->state.x, c->hidden * 4,
                              &m->fault);
    prepare_angles(m, pos);
    end_stage(m, &m->times.embed_us, &m->reads.embed, &since);
    for (uint32_t layer = 0; result == TL_OK && layer < c->layers; layer++) {
        result = layer_pass(m, layer, pos, &since);
    }
    if (result != TL_OK || !with_head) return result;
    result = head(m);
    end_stage(m, &m->times.head_us, &m->reads.head, &since);
    return result;
}
