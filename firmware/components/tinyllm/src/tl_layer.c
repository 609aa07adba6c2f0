#include "tl_layer.h"

#include <stddef.h>
#include <string.h>

#include "tl_kernels.h"
#include "tl_math.h"
#include "tl_sample.h"

static void charge(const struct tl_model *m, enum tl_kernel kernel, uint32_t count, const void *data, uint32_t bytes)
{
    tl_charge(m->hal, kernel, count, data, bytes);
}

void tl_layer_normalize(const struct tl_model *m, float *out, const float *x, const float *weight)
{
    const uint32_t hidden = m->config.hidden;
    tl_rmsnorm(out, x, weight, hidden, m->config.norm_eps);
    charge(m, TL_KERNEL_RMSNORM, hidden, weight, hidden * 4);
}

void tl_layer_angles(const struct tl_model *m, float *cosine, float *sine, uint32_t pos)
{
    const float *freq = m->state.freq;
    const uint32_t half = m->config.head_dim / 2;
    for (uint32_t i = 0; i < half; i++) tl_sincos((float)pos * freq[i], &sine[i], &cosine[i]);
    charge(m, TL_KERNEL_EXP, 2 * half, freq, half * 4);
}

void tl_layer_rotate(const struct tl_model *m, float *heads, uint32_t count, const float *cosine, const float *sine)
{
    const uint32_t head_dim = m->config.head_dim;
    for (uint32_t head = 0; head < count; head++) tl_rope(heads + head * head_dim, cosine, sine, head_dim);
    charge(m, TL_KERNEL_ELEMENTWISE, count * head_dim, heads, count * head_dim * 4);
}

/** The keys (context, head_dim) or the values (head_dim, context) of one layer's key-value head. */
static float *cache_of(const struct tl_model *m, float *cache, uint32_t layer, uint32_t kv_head)
{
    return cache + (size_t)(layer * m->config.kv_heads + kv_head) * m->need.context * m->config.head_dim;
}

void tl_layer_remember(const struct tl_model *m, uint32_t layer, uint32_t pos, const float *k, const float *v)
{
    const uint32_t head_dim = m->config.head_dim;
    const size_t context = m->need.context;
    for (uint32_t head = 0; head < m->config.kv_heads; head++) {
        float *keys = cache_of(m, m->state.keys, layer, head);
        float *values = cache_of(m, m->state.values, layer, head);
        memcpy(keys + (size_t)pos * head_dim, k + head * head_dim, head_dim * 4);
        for (uint32_t d = 0; d < head_dim; d++) values[d * context + pos] = v[head * head_dim + d];
    }
    const uint32_t kv_heads = m->config.kv_heads;
    charge(m, TL_KERNEL_ELEMENTWISE, kv_heads * head_dim, m->state.keys, kv_heads * tl_written_bytes(head_dim * 4));
    /* Values go to one place of each of head_dim rows: a line each. That the next position of a batch finds it cached is not counted on. */
    charge(m, TL_KERNEL_ELEMENTWISE, kv_heads * head_dim, m->state.values, kv_heads * head_dim * tl_written_bytes(4));
}

void tl_layer_attend(const struct tl_model *m, uint32_t layer, uint32_t head, uint32_t pos, const float *q, float *scores,
                     float *out)
{
    const uint32_t head_dim = m->config.head_dim;
    const size_t context = m->need.context;
    const uint32_t kv_head = head / (m->config.heads / m->config.kv_heads);
    const float *keys = cache_of(m, m->state.keys, layer, kv_head);
    const float *values = cache_of(m, m->state.values, layer, kv_head);
    const float scale = tl_rsqrt((float)head_dim);
    const uint32_t seen = pos + 1;
    for (uint32_t t = 0; t < seen; t++) scores[t] = tl_dot(q, keys + (size_t)t * head_dim, head_dim) * scale;
    charge(m, TL_KERNEL_DOT, seen * head_dim, keys, seen * head_dim * 4);
    tl_softmax(scores, seen);
    charge(m, TL_KERNEL_EXP, seen, scores, seen * 4);
    for (uint32_t d = 0; d < head_dim; d++) out[d] = tl_dot(scores, values + d * context, seen);
    charge(m, TL_KERNEL_DOT, seen * head_dim, values, seen * head_dim * 4);
}

void tl_layer_gate(const struct tl_model *m, float *gate, const float *up)
{
    const uint32_t ffn = m->config.ffn;
    tl_swiglu(gate, up, ffn);
    charge(m, TL_KERNEL_EXP, ffn, gate, ffn * 4);
    charge(m, TL_KERNEL_ELEMENTWISE, ffn, up, ffn * 4);
}

void tl_layer_add(const struct tl_model *m, float *x, const float *y)
{
    const uint32_t hidden = m->config.hidden;
    tl_add(x, y, hidden);
    charge(m, TL_KERNEL_ELEMENTWISE, hidden, x, hidden * 4);
}

void tl_layer_quantize(const struct tl_model *m, struct tl_vector *vector)
{
    tl_vector_quantize(vector);
    charge(m, TL_KERNEL_QUANTIZE, vector->n, vector->values, vector->n * 4);
}

int tl_layer_multiply(const struct tl_model *m, float *out, const struct tl_rows *rows, const struct tl_vector *in)
{
    const int result = tl_rows_multiply(out, rows, in);
    charge(m, tl_format_kernel(rows->format), rows->count * rows->cols, rows->data, rows->count * rows->row_bytes);
    return result;
}

int tl_layer_embed(const struct tl_model *m, float *x, const struct tl_rows *row)
{
    const int result = tl_rows_widen(x, row);
    charge(m, TL_KERNEL_ELEMENTWISE, row->cols, row->data, row->row_bytes);
    return result;
}

int tl_layer_blame(struct tl_model *m, const struct tl_file *file, int result)
{
    if (result != TL_ERR_BAD_WEIGHTS) return result;
    m->fault = (struct tl_fault){.file = file->name, .subject = file->name, .reason = "has a scale that is NaN or infinite"};
    return result;
}

void tl_layer_choose(struct tl_model *m)
{
    const uint32_t vocab = m->config.vocab;
    const uint32_t id = tl_argmax(m->state.logits, vocab);
    charge(m, TL_KERNEL_ELEMENTWISE, vocab, m->state.logits, vocab * 4);
    m->best = (struct tl_best){.id = id, .logit = m->state.logits[id], .exact = vocab, .rank = 0, .kept = true};
}

struct tl_mark tl_mark_now(const struct tl_model *m)
{
    return (struct tl_mark){m->hal->now_us(m->hal->ctx), m->card.traffic.reads};
}

void tl_mark_stage(const struct tl_model *m, struct tl_mark *since, uint64_t *stage_us, uint32_t *stage_reads)
{
    const struct tl_mark end = tl_mark_now(m);
    *stage_us += end.us - since->us;
    *stage_reads += end.reads - since->reads;
    *since = end;
}
