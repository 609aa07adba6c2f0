#include "tl_fast_size.h"

#include "tl_place.h"

const enum tl_tensor tl_layer_order[7] = {TL_Q, TL_K, TL_V, TL_O, TL_GATE, TL_UP, TL_DOWN};

uint64_t tl_fast_code_bytes(uint32_t n)
{
    const uint64_t groups = ((uint64_t)n + TL_GROUP - 1) / TL_GROUP;
    return ((n * 2ull + 3) & ~3ull) + groups * 4;
}

/** q, k, v and mixed. */
static uint64_t attention_bytes(const struct tl_config *c)
{
    const uint64_t q = tl_rounded((uint64_t)c->heads * c->head_dim * 4);
    const uint64_t kv = tl_rounded((uint64_t)c->kv_heads * c->head_dim * 4);
    return 2 * q + 2 * kv;
}

uint64_t tl_fast_position_bytes(const struct tl_config *c)
{
    const uint64_t mlp = 2 * tl_rounded(c->ffn * 4ull);
    const uint64_t attention = attention_bytes(c);
    return 2 * tl_rounded(c->hidden * 4ull) + tl_rounded(tl_fast_code_bytes(c->hidden)) + 2 * tl_rounded(c->head_dim * 2ull) +
           (mlp > attention ? mlp : attention);
}

uint64_t tl_fast_shared_bytes(const struct tl_config *c, uint32_t context)
{
    const uint64_t norms = 2 * tl_rounded(c->layers * 4ull * c->hidden) + tl_rounded(c->hidden * 4ull);
    return tl_rounded((uint64_t)(c->heads / c->kv_heads) * context * 4) + tl_rounded(c->head_dim * 2ull) + norms +
           tl_rounded(tl_config_scale_count(c) * 4ull);
}

uint64_t tl_fast_list_bytes(const struct tl_config *c, uint32_t rows)
{
    const uint64_t groups = ((uint64_t)c->hidden + TL_GROUP - 1) / TL_GROUP;
    return tl_rounded(groups * 4) + tl_rounded(2ull * rows * sizeof(struct tl_candidate));
}

uint64_t tl_fast_layer_bytes(const struct tl_weights *weights)
{
    uint64_t bytes = 0;
    for (int i = 0; i < 7; i++) bytes += tl_rounded(weights->matrix[tl_layer_order[i]].file.bytes);
    return bytes;
}
