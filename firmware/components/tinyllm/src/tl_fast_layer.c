#include "tl_fast_layer.h"

#include <stddef.h>

#include "tl_fast_multiply.h"

static struct tl_matrix *matrix_of(const struct tl_pass *p, enum tl_tensor tensor)
{
    return &p->model->weights.matrix[tensor];
}

/** fast.in of positions from `from` on = vectors as the matrices `first` .. `last` take them, quantized once when one needs that. */
static void take(struct tl_pass *p, uint32_t from, float *values, int16_t *codes, enum tl_tensor first, enum tl_tensor last)
{
    tl_fast_take(p->model, from, p->count, values, matrix_of(p, first)->cols, codes);
    for (int tensor = first; tensor <= (int)last; tensor++) {
        if (!tl_format_is_integer(matrix_of(p, (enum tl_tensor)tensor)->format)) continue;
        tl_fast_quantize(p->model, from, p->count);
        return;
    }
}

/** out of positions from `from` on = a layer's matrix times fast.in. */
static int project(struct tl_pass *p, enum tl_tensor tensor, uint32_t layer, uint32_t from, float *out)
{
    const struct tl_matrix *matrix = matrix_of(p, tensor);
    struct tl_rows rows;
    int result = TL_OK;
    for (uint32_t row = 0; result == TL_OK && row < matrix->rows; row += rows.count) {
        result = tl_stream_next(&p->stream, (struct tl_step){tensor, layer}, row, &rows);
        if (result) return result;
        result = tl_layer_blame(p->model, &matrix->file, tl_fast_multiply(p->model, &rows, from, p->count, out + row));
    }
    return result;
}

static void normalize(struct tl_pass *p, uint32_t from, const float *weight)
{
    struct tl_model *m = p->model;
    for (uint32_t b = from; b < p->count; b++) {
        tl_layer_normalize(m, tl_fast_at(m, m->state.h, b), tl_fast_at(m, m->state.x, b), weight);
    }
}

static void add(struct tl_pass *p, uint32_t from)
{
    struct tl_model *m = p->model;
    for (uint32_t b = from; b < p->count; b++) tl_layer_add(m, tl_fast_at(m, m->state.x, b), tl_fast_at(m, m->state.h, b));
}

/** Keys and values of all positions, before any of them looks back. */
static void remember(struct tl_pass *p, uint32_t layer)
{
    struct tl_model *m = p->model;
    struct tl_state *s = &m->state;
    for (uint32_t b = 0; b < p->count; b++) {
        float *k = tl_fast_at(m, s->k, b);
        tl_layer_rotate(m, k, m->config.kv_heads, tl_fast_at(m, s->cosine, b), tl_fast_at(m, s->sine, b));
        tl_layer_remember(m, layer, p->pos + b, k, tl_fast_at(m, s->v, b));
    }
}

static void attend(struct tl_pass *p, uint32_t layer, uint32_t from)
{
    struct tl_model *m = p->model;
    struct tl_state *s = &m->state;
    for (uint32_t b = from; b < p->count; b++) {
        float *q = tl_fast_at(m, s->q, b);
        tl_layer_rotate(m, q, m->config.heads, tl_fast_at(m, s->cosine, b), tl_fast_at(m, s->sine, b));
        tl_fast_attend(m, layer, p->pos + b, q, tl_fast_at(m, s->mixed, b));
    }
}

/* h's codes have their own place; mixed, behind q, k and v, has its codes where q was. */
static int attention(struct tl_pass *p, uint32_t layer, uint32_t from)
{
    struct tl_model *m = p->model;
    struct tl_state *s = &m->state;
    int result = TL_OK;
    normalize(p, 0, s->norm1 + (size_t)layer * m->config.hidden);
    take(p, 0, s->h, m->fast.h_codes, TL_Q, TL_V);
    if (from < p->count) result = project(p, TL_Q, layer, from, s->q);
    if (result == TL_OK) result = project(p, TL_K, layer, 0, s->k);
    if (result == TL_OK) result = project(p, TL_V, layer, 0, s->v);
    if (result) return result;
    remember(p, layer);
    if (from == p->count) return TL_OK;
    attend(p, layer, from);
    take(p, from, s->mixed, (int16_t *)(void *)s->q, TL_O, TL_O);
    if ((result = project(p, TL_O, layer, from, s->h))) return result;
    add(p, from);
    return TL_OK;
}

/* The activation, in gate's place, has its codes where up was. */
static int mlp(struct tl_pass *p, uint32_t layer, uint32_t from)
{
    struct tl_model *m = p->model;
    struct tl_state *s = &m->state;
    normalize(p, from, s->norm2 + (size_t)layer * m->config.hidden);
    take(p, from, s->h, m->fast.h_codes, TL_GATE, TL_UP);
    int result = project(p, TL_GATE, layer, from, s->gate);
    if (result == TL_OK) result = project(p, TL_UP, layer, from, s->up);
    if (result) return result;
    for (uint32_t b = from; b < p->count; b++) tl_layer_gate(m, tl_fast_at(m, s->gate, b), tl_fast_at(m, s->up, b));
    take(p, from, s->gate, (int16_t *)(void *)s->up, TL_DOWN, TL_DOWN);
    if ((result = project(p, TL_DOWN, layer, from, s->h))) return result;
    add(p, from);
    return TL_OK;
}

/** Behind the last layer nobody asks for positions but the last one, and of that perhaps only keys and values. */
static uint32_t first_wanted(const struct tl_pass *p, uint32_t layer)
{
    if (layer + 1 < p->model->config.layers) return 0;
    return p->want == TL_WANT_NOTHING ? p->count : p->count - 1;
}

/* Reads are counted by the stream, for the stage that they are for, since with read_ahead they begin in the one before. */
int tl_fast_layer(struct tl_pass *p, uint32_t layer, struct tl_mark *since)
{
    struct tl_model *m = p->model;
    const uint32_t from = first_wanted(p, layer);
    uint32_t reads = 0;
    int result = attention(p, layer, from);
    tl_mark_stage(m, since, &m->times.attention_us, &reads);
    if (result || from == p->count) return result;
    result = mlp(p, layer, from);
    tl_mark_stage(m, since, &m->times.mlp_us, &reads);
    return result;
}
