#include "tl_plan.h"

#include <stddef.h>

static int refuse(struct tl_fault *fault, const char *subject, const char *reason)
{
    *fault = (struct tl_fault){.subject = subject, .reason = reason};
    return TL_ERR_BAD_CONFIG;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint32_t chunk_rows(uint32_t chunk_bytes, uint32_t cols, uint32_t rows)
{
    const uint64_t fitting = chunk_bytes / ((uint64_t)cols * 4);
    if (fitting == 0) return 1;
    return fitting < rows ? (uint32_t)fitting : rows;
}

static uint64_t rounded(uint64_t bytes)
{
    return (bytes + 15u) & ~(uint64_t)15u;
}

/** The floats of every activation, each rounded up to 16 bytes as tl_model_place() lays them out. */
static uint64_t work_bytes(const struct tl_config *c, uint32_t context)
{
    const uint64_t q_cols = (uint64_t)c->heads * c->head_dim;
    const uint64_t kv_cols = (uint64_t)c->kv_heads * c->head_dim;
    const uint64_t half = c->head_dim / 2;
    return rounded(c->hidden * 4ull) + 2 * rounded(q_cols * 4) + 2 * rounded(kv_cols * 4) + rounded(context * 4ull) +
           2 * rounded(c->ffn * 4ull) + 3 * rounded(half * 4);
}

static int check_knobs(const struct tl_config *c, const struct tl_knobs *knobs, struct tl_fault *fault)
{
    if (knobs->context == 0 || knobs->context > TL_MAX_CONTEXT || knobs->context > c->max_context) {
        return refuse(fault, "context", "is outside what the model allows");
    }
    return knobs->head_rows == 0 ? refuse(fault, "head_rows", "is 0") : TL_OK;
}

/** Narrows a size, remembering when it does not fit. */
static uint32_t narrow(uint64_t bytes, int *overflow)
{
    if (bytes > UINT32_MAX) *overflow = 1;
    return (uint32_t)bytes;
}

static void plan_chunks(const struct tl_config *c, const struct tl_knobs *knobs, struct tl_need *n, int *overflow)
{
    const uint64_t row = (uint64_t)c->hidden * 4;
    n->context = knobs->context;
    n->head_rows = knobs->head_rows < c->vocab ? knobs->head_rows : c->vocab;
    n->up_rows = chunk_rows(knobs->mlp_bytes, c->hidden, c->ffn);
    n->down_rows = chunk_rows(knobs->mlp_bytes, c->ffn, c->hidden);
    n->stage_attention = narrow(c->heads * row * c->head_dim, overflow);
    n->stage_mlp = narrow(larger(n->up_rows * row, (uint64_t)n->down_rows * c->ffn * 4), overflow);
    n->stage_head = narrow(n->head_rows * row, overflow);
    n->stage_bytes = (uint32_t)larger(larger(n->stage_attention, n->stage_mlp), n->stage_head);
}

int tl_plan(const struct tl_config *c, const struct tl_knobs *knobs, struct tl_need *n, struct tl_fault *fault)
{
    int overflow = 0;
    if (check_knobs(c, knobs, fault)) return TL_ERR_BAD_CONFIG;
    plan_chunks(c, knobs, n, &overflow);
    const uint64_t kv_row = (uint64_t)c->kv_heads * c->head_dim * 4;
    n->kv_bytes = narrow(2 * c->layers * kv_row * n->context, &overflow);
    n->logits_bytes = c->vocab * 4;
    n->embed_bytes = c->hidden * 4;
    n->work_bytes = narrow(work_bytes(c, n->context), &overflow);
    n->norm_bytes = narrow((2ull * c->layers + 1) * c->hidden * 4, &overflow);

    const uint64_t norms = 2 * rounded(c->layers * 4ull * c->hidden) + rounded(n->embed_bytes);
    const uint64_t small = rounded(n->embed_bytes) + n->work_bytes + norms;
    const uint64_t halves = 2 * rounded(n->kv_bytes / 2);
    const uint64_t large = halves + rounded(n->stage_bytes) + rounded(n->logits_bytes);
    n->internal_fits = small <= TL_INTERNAL_LIMIT_BYTES;
    n->internal_bytes = n->internal_fits ? (uint32_t)small : 0;
    n->psram_bytes = narrow(large + (n->internal_fits ? 0 : small), &overflow);
    return overflow ? refuse(fault, "model_config.json", "describes a model that exceeds 32-bit sizes") : TL_OK;
}
