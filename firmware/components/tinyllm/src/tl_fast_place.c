#include "tl_fast.h"

#include <stddef.h>
#include <string.h>

#include "tl_fast_size.h"
#include "tl_math.h"
#include "tl_place.h"
#include "tl_resident.h"

/** The activations of the first position; tl_fast_position_bytes() from there on lie those of the next. */
static void carve_position(struct tl_model *m, unsigned char *at)
{
    const struct tl_config *c = &m->config;
    const uint64_t q_bytes = (uint64_t)c->heads * c->head_dim * 4;
    const uint64_t kv_bytes = (uint64_t)c->kv_heads * c->head_dim * 4;
    struct tl_state *s = &m->state;
    s->x = tl_carve(&at, c->hidden * 4ull);
    s->h = tl_carve(&at, c->hidden * 4ull);
    m->fast.h_codes = tl_carve(&at, tl_fast_code_bytes(c->hidden));
    s->cosine = tl_carve(&at, c->head_dim * 2ull);
    s->sine = tl_carve(&at, c->head_dim * 2ull);
    unsigned char *mlp = at;
    s->q = tl_carve(&at, q_bytes);
    s->k = tl_carve(&at, kv_bytes);
    s->v = tl_carve(&at, kv_bytes);
    s->mixed = tl_carve(&at, q_bytes);
    s->gate = tl_carve(&mlp, c->ffn * 4ull);
    s->up = tl_carve(&mlp, c->ffn * 4ull);
}

static void carve_small(struct tl_model *m, unsigned char **arena)
{
    const struct tl_config *c = &m->config;
    struct tl_state *s = &m->state;
    m->fast.position_bytes = (uint32_t)tl_fast_position_bytes(c);
    carve_position(m, tl_carve(arena, (uint64_t)m->need.batch * m->fast.position_bytes));
    s->scores = tl_carve(arena, (uint64_t)(c->heads / c->kv_heads) * m->need.context * 4);
    s->freq = tl_carve(arena, c->head_dim * 2ull);
    s->norm1 = tl_carve(arena, c->layers * 4ull * c->hidden);
    s->norm2 = tl_carve(arena, c->layers * 4ull * c->hidden);
    s->norm_out = tl_carve(arena, c->hidden * 4ull);
    s->scales = tl_carve(arena, m->need.scale_count * 4ull);
}

static void carve_lists(struct tl_model *m, unsigned char *arena)
{
    if (m->need.screens_itself) m->fast.list[0] = (struct tl_shortlist){.rows = &m->fast.winner, .capacity = 1};
    if (m->need.list_bytes == 0) return;
    const uint32_t groups = (m->config.hidden + TL_GROUP - 1) / TL_GROUP;
    const uint32_t rows = m->knobs.screen_rows < m->config.vocab ? m->knobs.screen_rows : m->config.vocab;
    m->fast.group_norms = tl_carve(&arena, groups * 4ull);
    struct tl_candidate *candidates = tl_carve(&arena, 2ull * rows * sizeof *candidates);
    m->fast.list[0] = (struct tl_shortlist){.rows = candidates, .capacity = rows};
    m->fast.list[1] = (struct tl_shortlist){.rows = candidates + rows, .capacity = rows};
}

static void lay_out(struct tl_model *m, const struct tl_arenas *arenas)
{
    const struct tl_need *n = &m->need;
    struct tl_state *s = &m->state;
    unsigned char *internal = arenas->internal;
    unsigned char *bounce = arenas->bounce;
    unsigned char *psram = arenas->psram;
    memset(s, 0, sizeof *s);
    memset(&m->fast, 0, sizeof m->fast);
    m->fast.bounce[0] = tl_carve(&bounce, n->chunk_bytes);
    m->fast.bounce[1] = tl_carve(&bounce, n->chunk_bytes);
    carve_lists(m, arenas->lists);
    s->keys = tl_carve(&psram, n->kv_bytes / 2);
    s->values = tl_carve(&psram, n->kv_bytes / 2);
    s->logits = tl_carve(&psram, n->logits_bytes);
    carve_small(m, n->internal_fits ? &internal : &psram);
    m->fast.logits_set = true;
}

int tl_fast_place(struct tl_model *m, const struct tl_arenas *arenas)
{
    lay_out(m, arenas);
    tl_rope_frequencies(m->state.freq, m->config.head_dim, m->config.rope_theta);
    int result = tl_model_read_scales(m, m->fast.bounce[0], m->state.scales);
    if (result == TL_OK) result = tl_model_read_norms(m);
    if (result == TL_OK) result = tl_resident_bring(m, arenas->resident);
    return result;
}
