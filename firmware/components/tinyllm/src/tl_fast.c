#include "tl_fast.h"

#include "tl_fast_layer.h"
#include "tl_fast_multiply.h"
#include "tl_fast_size.h"
#include "tl_head.h"

#define MATRICES 7u

/** The matrices that a pass takes, in their order. */
struct order {
    uint32_t layers;
    bool only_keys; /* of the last layer */
    enum tl_tensor head;
};

/* Behind the last layer's keys and values there may be the head only. */
static struct tl_step step_of(const void *order, uint32_t index)
{
    static const enum tl_tensor keys[2] = {TL_K, TL_V};
    const struct order *o = order;
    const uint32_t layer = index / MATRICES < o->layers ? index / MATRICES : o->layers - 1;
    const uint32_t place = index - layer * MATRICES;
    if (place == MATRICES) return (struct tl_step){o->head, 0};
    if (o->only_keys && layer + 1 == o->layers) return (struct tl_step){keys[place], layer};
    return (struct tl_step){tl_layer_order[place], layer};
}

/** One row, from PSRAM or, with the sectors around it, through the bounce buffer. */
static int embed(struct tl_model *m, uint32_t token, float *x)
{
    const struct tl_matrix *matrix = &m->weights.matrix[TL_EMBED];
    const uint32_t offset = token * matrix->row_bytes;
    const unsigned char *data = matrix->resident ? matrix->resident + offset : m->fast.bounce[0] + offset % TL_CARD_SECTOR;
    if (!matrix->resident) {
        const uint32_t first = offset - offset % TL_CARD_SECTOR;
        const uint64_t end = ((uint64_t)offset + matrix->row_bytes + TL_CARD_SECTOR - 1) & ~(uint64_t)(TL_CARD_SECTOR - 1);
        const uint32_t bytes = (end < matrix->file.bytes ? (uint32_t)end : matrix->file.bytes) - first;
        const int result = tl_card_read(&m->card, &matrix->file, first, m->fast.bounce[0], bytes, &m->fault);
        m->reads.embed++;
        if (result) return result;
    }
    const struct tl_rows row = tl_matrix_rows(matrix, 0, data, 1);
    return tl_layer_blame(m, &matrix->file, tl_layer_embed(m, x, &row));
}

static int embed_all(struct tl_pass *p, const uint32_t *tokens)
{
    struct tl_model *m = p->model;
    int result = TL_OK;
    for (uint32_t b = 0; result == TL_OK && b < p->count; b++) {
        result = embed(m, tokens[b], tl_fast_at(m, m->state.x, b));
        tl_layer_angles(m, tl_fast_at(m, m->state.cosine, b), tl_fast_at(m, m->state.sine, b), p->pos + b);
    }
    return result;
}

static int pass_all(struct tl_pass *p, const uint32_t *tokens)
{
    struct tl_model *m = p->model;
    struct tl_mark since = tl_mark_now(m);
    uint32_t reads = 0; /* each read is counted where it begins */
    int result = embed_all(p, tokens);
    tl_mark_stage(m, &since, &m->times.embed_us, &reads);
    for (uint32_t layer = 0; result == TL_OK && layer < m->config.layers; layer++) result = tl_fast_layer(p, layer, &since);
    if (result || p->want == TL_WANT_NOTHING) return result;
    result = tl_head(p);
    tl_mark_stage(m, &since, &m->times.head_us, &reads);
    return result;
}

int tl_fast_forward(struct tl_model *m, const uint32_t *tokens, uint32_t count, uint32_t pos, enum tl_want want)
{
    const struct order order = {m->config.layers, want == TL_WANT_NOTHING, tl_config_head(&m->config)};
    const bool whole_head = want != TL_WANT_NOTHING && !tl_head_is_screened(m, want);
    const uint32_t last = want == TL_WANT_NOTHING ? 2 : MATRICES;
    struct tl_pass pass = {.model = m, .count = count, .pos = pos, .want = want};
    tl_stream_open(&pass.stream, m, step_of, &order, (order.layers - 1) * MATRICES + last + (whole_head ? 1 : 0));
    const int result = pass_all(&pass, tokens);
    tl_stream_close(&pass.stream);
    return result;
}
