#include "tl_seed.h"

#include "tl_math.h"
#include "tl_place.h"

static float *carve_floats(unsigned char **arena, uint64_t count)
{
    return tl_carve(arena, count * 4);
}

/** Embedding row, activations and norms: what tl_plan() sums up as embed, work and norm bytes. */
static void carve_small(struct tl_state *s, const struct tl_config *c, const struct tl_need *n, unsigned char **arena)
{
    const uint32_t q_cols = c->heads * c->head_dim;
    const uint32_t kv_cols = c->kv_heads * c->head_dim;
    s->x = carve_floats(arena, c->hidden);
    s->h = carve_floats(arena, c->hidden);
    s->q = carve_floats(arena, q_cols);
    s->mixed = carve_floats(arena, q_cols);
    s->k = carve_floats(arena, kv_cols);
    s->v = carve_floats(arena, kv_cols);
    s->scores = carve_floats(arena, n->context);
    s->gate = carve_floats(arena, c->ffn);
    s->up = carve_floats(arena, c->ffn);
    s->freq = carve_floats(arena, c->head_dim / 2);
    s->cosine = carve_floats(arena, c->head_dim / 2);
    s->sine = carve_floats(arena, c->head_dim / 2);
    s->codes = tl_carve(arena, n->code_count * 2ull);
    s->sums = tl_carve(arena, (n->code_count + (uint64_t)TL_GROUP - 1) / TL_GROUP * 4);
    s->scales = carve_floats(arena, n->scale_count);
    s->norm1 = carve_floats(arena, (uint64_t)c->layers * c->hidden);
    s->norm2 = carve_floats(arena, (uint64_t)c->layers * c->hidden);
    s->norm_out = carve_floats(arena, c->hidden);
}

int tl_seed_place(struct tl_model *model, const struct tl_arenas *arenas)
{
    const struct tl_need *n = &model->need;
    struct tl_state *s = &model->state;
    unsigned char *large = arenas->psram;
    unsigned char *small = arenas->internal;
    s->stage = tl_carve(&large, n->stage_bytes);
    s->keys = tl_carve(&large, n->kv_bytes / 2);
    s->values = tl_carve(&large, n->kv_bytes / 2);
    s->logits = carve_floats(&large, model->config.vocab);
    carve_small(s, &model->config, n, n->internal_fits ? &small : &large);
    tl_rope_frequencies(s->freq, model->config.head_dim, model->config.rope_theta);
    const int result = tl_model_read_scales(model, s->stage, s->scales);
    return result ? result : tl_model_read_norms(model);
}
