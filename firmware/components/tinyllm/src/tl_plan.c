#include "tl_plan.h"

#include "tl_place.h"

static const char config_file[] = "model_config.json";

static int refuse(struct tl_fault *fault, const char *subject, const char *reason)
{
    *fault = (struct tl_fault){.subject = subject, .reason = reason};
    return TL_ERR_BAD_CONFIG;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t row_bytes(const struct tl_config *c, enum tl_tensor tensor)
{
    return tl_format_row_bytes(c->format[tensor], tl_tensor_shape(c, tensor).cols);
}

/** Bytes of one layer of a matrix. */
static uint64_t layer_bytes(const struct tl_config *c, enum tl_tensor tensor)
{
    return tl_tensor_shape(c, tensor).rows * row_bytes(c, tensor);
}

static uint32_t chunk_rows(const struct tl_config *c, enum tl_tensor tensor, uint32_t chunk_bytes)
{
    const uint32_t rows = tl_tensor_shape(c, tensor).rows;
    const uint64_t fitting = chunk_bytes / row_bytes(c, tensor);
    if (fitting == 0) return 1;
    return fitting < rows ? (uint32_t)fitting : rows;
}

/** Every activation, in floats and in codes, and the scales, each rounded up to 16 bytes as tl_place_small() lays them out. */
static uint64_t work_bytes(const struct tl_config *c, const struct tl_need *n)
{
    const uint64_t q_cols = (uint64_t)c->heads * c->head_dim;
    const uint64_t kv_cols = (uint64_t)c->kv_heads * c->head_dim;
    const uint64_t half = c->head_dim / 2;
    const uint64_t groups = (n->code_count + (uint64_t)TL_GROUP - 1) / TL_GROUP;
    return tl_rounded(c->hidden * 4ull) + 2 * tl_rounded(q_cols * 4) + 2 * tl_rounded(kv_cols * 4) +
           tl_rounded(n->context * 4ull) + 2 * tl_rounded(c->ffn * 4ull) + 3 * tl_rounded(half * 4) +
           tl_rounded(n->code_count * 2ull) + tl_rounded(groups * 4) + tl_rounded(n->scale_count * 4ull);
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

static uint64_t stage_attention(const struct tl_config *c)
{
    const uint64_t qo = larger(layer_bytes(c, TL_Q), layer_bytes(c, TL_O));
    return larger(qo, larger(layer_bytes(c, TL_K), layer_bytes(c, TL_V)));
}

static uint64_t stage_mlp(const struct tl_config *c, const struct tl_need *n)
{
    const uint64_t wide = larger(n->gate_rows * row_bytes(c, TL_GATE), n->up_rows * row_bytes(c, TL_UP));
    return larger(wide, n->down_rows * row_bytes(c, TL_DOWN));
}

/** What passes the stage buffer besides the three stages' matrices. */
static uint64_t stage_other(const struct tl_config *c, const struct tl_need *n)
{
    const uint64_t embed = c->format[TL_EMBED] == TL_FLOAT32 ? 0 : row_bytes(c, TL_EMBED);
    return larger(embed, n->scale_count > 0 ? TL_CONFIG_MAX_BYTES : 0);
}

static void plan_chunks(const struct tl_config *c, const struct tl_knobs *knobs, struct tl_need *n, int *overflow)
{
    n->context = knobs->context;
    n->batch = 1;
    n->head_rows = knobs->head_rows < c->vocab ? knobs->head_rows : c->vocab;
    n->gate_rows = chunk_rows(c, TL_GATE, knobs->mlp_bytes);
    n->up_rows = chunk_rows(c, TL_UP, knobs->mlp_bytes);
    n->down_rows = chunk_rows(c, TL_DOWN, knobs->mlp_bytes);
    n->code_count = tl_config_code_count(c);
    n->scale_count = tl_config_scale_count(c);
    n->stage_attention = narrow(stage_attention(c), overflow);
    n->stage_mlp = narrow(stage_mlp(c, n), overflow);
    n->stage_head = narrow(n->head_rows * row_bytes(c, tl_config_head(c)), overflow);
    const uint64_t stages = larger(larger(n->stage_attention, n->stage_mlp), n->stage_head);
    n->stage_bytes = narrow(larger(stages, stage_other(c, n)), overflow);
}

int tl_plan(const struct tl_config *c, const struct tl_knobs *knobs, struct tl_need *n, struct tl_fault *fault)
{
    int overflow = 0;
    *n = (struct tl_need){0};
    if (check_knobs(c, knobs, fault)) return TL_ERR_BAD_CONFIG;
    plan_chunks(c, knobs, n, &overflow);
    const uint64_t kv_row = (uint64_t)c->kv_heads * c->head_dim * 4;
    n->kv_bytes = narrow(2 * c->layers * kv_row * n->context, &overflow);
    n->logits_bytes = c->vocab * 4;
    n->embed_bytes = c->hidden * 4;
    n->work_bytes = narrow(work_bytes(c, n), &overflow);
    n->norm_bytes = narrow((2ull * c->layers + 1) * c->hidden * 4, &overflow);

    const uint64_t norms = 2 * tl_rounded(c->layers * 4ull * c->hidden) + tl_rounded(n->embed_bytes);
    const uint64_t small = tl_rounded(n->embed_bytes) + n->work_bytes + norms;
    const uint64_t halves = 2 * tl_rounded(n->kv_bytes / 2);
    const uint64_t large = halves + tl_rounded(n->stage_bytes) + tl_rounded(n->logits_bytes);
    n->internal_fits = small <= TL_INTERNAL_LIMIT_BYTES;
    n->internal_bytes = n->internal_fits ? (uint32_t)small : 0;
    n->psram_bytes = narrow(large + (n->internal_fits ? 0 : small), &overflow);
    if (!overflow) return TL_OK;
    *fault = (struct tl_fault){.file = config_file, .subject = config_file, .reason = "describes a model that exceeds 32-bit sizes"};
    return TL_ERR_BAD_CONFIG;
}
