#include "tl_seed.h"

#include <stddef.h>

#include "tl_layer.h"

static const struct tl_matrix *matrix_of(const struct tl_model *m, enum tl_tensor tensor)
{
    return &m->weights.matrix[tensor];
}

/** `values` as the matrices `first` .. `last` take it, whose columns it has: quantized once when one of them needs that. */
static struct tl_vector vector_for(struct tl_model *m, const float *values, enum tl_tensor first, enum tl_tensor last)
{
    struct tl_vector in = {
        .values = values, .n = matrix_of(m, first)->cols, .codes = m->state.codes, .sums = m->state.sums,
    };
    for (int tensor = first; tensor <= (int)last; tensor++) {
        if (!tl_format_is_integer(matrix_of(m, (enum tl_tensor)tensor)->format)) continue;
        tl_layer_quantize(m, &in);
        break;
    }
    return in;
}

/** Reads rows `row` .. `row + count - 1` of one layer into the stage buffer, in one read, and out (count) = those rows times `in`. */
static int stream(struct tl_model *m, float *out, enum tl_tensor tensor, uint32_t layer, uint32_t row, uint32_t count,
                  const struct tl_vector *in)
{
    const struct tl_matrix *matrix = matrix_of(m, tensor);
    const uint32_t offset = (layer * matrix->rows + row) * matrix->row_bytes;
    const int result = tl_card_read(&m->card, &matrix->file, offset, m->state.stage, count * matrix->row_bytes, &m->fault);
    if (result) return result;
    const struct tl_rows rows = tl_matrix_rows(matrix, layer, m->state.stage, count);
    return tl_layer_blame(m, &matrix->file, tl_layer_multiply(m, out, &rows, in));
}

/** The same with all rows of the layer. */
static int project(struct tl_model *m, float *out, enum tl_tensor tensor, uint32_t layer, const struct tl_vector *in)
{
    return stream(m, out, tensor, layer, 0, matrix_of(m, tensor)->rows, in);
}

static uint32_t rows_left(uint32_t row, uint32_t rows, uint32_t chunk)
{
    return rows - row < chunk ? rows - row : chunk;
}

/** The same with the next `chunk` rows behind `*row`, or what is left of them; none is no read. */
static int stream_next(struct tl_model *m, float *out, enum tl_tensor tensor, uint32_t layer, uint32_t *row, uint32_t chunk,
                       const struct tl_vector *in)
{
    const uint32_t first = *row;
    const uint32_t count = rows_left(first, matrix_of(m, tensor)->rows, chunk);
    *row += count;
    return count == 0 ? TL_OK : stream(m, out + first, tensor, layer, first, count, in);
}

static int attention(struct tl_model *m, uint32_t layer, uint32_t pos)
{
    struct tl_state *s = &m->state;
    const struct tl_config *c = &m->config;
    const uint32_t head_dim = c->head_dim;
    int result;
    tl_layer_normalize(m, s->h, s->x, s->norm1 + (size_t)layer * c->hidden);
    const struct tl_vector h = vector_for(m, s->h, TL_Q, TL_V);
    if ((result = project(m, s->q, TL_Q, layer, &h))) return result;
    if ((result = project(m, s->k, TL_K, layer, &h))) return result;
    if ((result = project(m, s->v, TL_V, layer, &h))) return result;
    tl_layer_rotate(m, s->q, c->heads, s->cosine, s->sine);
    tl_layer_rotate(m, s->k, c->kv_heads, s->cosine, s->sine);
    tl_layer_remember(m, layer, pos, s->k, s->v);
    for (uint32_t head = 0; head < c->heads; head++) {
        tl_layer_attend(m, layer, head, pos, s->q + head * head_dim, s->scores, s->mixed + head * head_dim);
    }
    const struct tl_vector mixed = vector_for(m, s->mixed, TL_O, TL_O);
    if ((result = project(m, s->h, TL_O, layer, &mixed))) return result;
    tl_layer_add(m, s->x, s->h);
    return TL_OK;
}

/** gate and up (ffn), chunk by chunk in turn. */
static int mlp_widen(struct tl_model *m, uint32_t layer)
{
    struct tl_state *s = &m->state;
    const struct tl_need *n = &m->need;
    const uint32_t ffn = m->config.ffn;
    const struct tl_vector h = vector_for(m, s->h, TL_GATE, TL_UP);
    for (uint32_t gate = 0, up = 0; gate < ffn || up < ffn;) {
        int result = stream_next(m, s->gate, TL_GATE, layer, &gate, n->gate_rows, &h);
        if (result == TL_OK) result = stream_next(m, s->up, TL_UP, layer, &up, n->up_rows, &h);
        if (result) return result;
    }
    return TL_OK;
}

static int mlp_narrow(struct tl_model *m, uint32_t layer)
{
    struct tl_state *s = &m->state;
    const struct tl_vector gate = vector_for(m, s->gate, TL_DOWN, TL_DOWN);
    for (uint32_t row = 0; row < m->config.hidden;) {
        const int result = stream_next(m, s->h, TL_DOWN, layer, &row, m->need.down_rows, &gate);
        if (result) return result;
    }
    return TL_OK;
}

static int mlp(struct tl_model *m, uint32_t layer)
{
    struct tl_state *s = &m->state;
    tl_layer_normalize(m, s->h, s->x, s->norm2 + (size_t)layer * m->config.hidden);
    int result = mlp_widen(m, layer);
    if (result) return result;
    tl_layer_gate(m, s->gate, s->up);
    if ((result = mlp_narrow(m, layer))) return result;
    tl_layer_add(m, s->x, s->h);
    return TL_OK;
}

static int head(struct tl_model *m)
{
    struct tl_state *s = &m->state;
    const enum tl_tensor tensor = tl_config_head(&m->config);
    tl_layer_normalize(m, s->h, s->x, s->norm_out);
    const struct tl_vector h = vector_for(m, s->h, tensor, tensor);
    for (uint32_t row = 0; row < m->config.vocab;) {
        const int result = stream_next(m, s->logits, tensor, 0, &row, m->need.head_rows, &h);
        if (result) return result;
    }
    /* That they were written; computing them is charged. */
    tl_charge(m->hal, TL_KERNEL_COPY, 0, s->logits, tl_written_bytes(m->config.vocab * 4));
    tl_layer_choose(m);
    return TL_OK;
}

/** The embedding row: straight to where it is needed when it is float32, else by the stage buffer. */
static int embed(struct tl_model *m, uint32_t token)
{
    const struct tl_matrix *matrix = matrix_of(m, TL_EMBED);
    const bool plain = matrix->format == TL_FLOAT32;
    void *target = plain ? (void *)m->state.x : m->state.stage;
    const int result = tl_card_read(&m->card, &matrix->file, token * matrix->row_bytes, target, matrix->row_bytes, &m->fault);
    if (result || plain) return result;
    const struct tl_rows row = tl_matrix_rows(matrix, 0, m->state.stage, 1);
    return tl_layer_blame(m, &matrix->file, tl_layer_embed(m, m->state.x, &row));
}

static int layer_pass(struct tl_model *m, uint32_t layer, uint32_t pos, struct tl_mark *since)
{
    int result = attention(m, layer, pos);
    tl_mark_stage(m, since, &m->times.attention_us, &m->reads.attention);
    if (result) return result;
    result = mlp(m, layer);
    tl_mark_stage(m, since, &m->times.mlp_us, &m->reads.mlp);
    return result;
}

int tl_seed_forward(struct tl_model *m, uint32_t token, uint32_t pos, enum tl_want want)
{
    struct tl_mark since = tl_mark_now(m);
    int result = embed(m, token);
    tl_layer_angles(m, m->state.cosine, m->state.sine, pos);
    tl_mark_stage(m, &since, &m->times.embed_us, &m->reads.embed);
    for (uint32_t layer = 0; result == TL_OK && layer < m->config.layers; layer++) {
        result = layer_pass(m, layer, pos, &since);
    }
    if (result != TL_OK || want == TL_WANT_NOTHING) return result;
    result = head(m);
    tl_mark_stage(m, &since, &m->times.head_us, &m->reads.head);
    return result;
}
