#include "tl_config.h"

#include <float.h>
#include <stddef.h>

#include "tl_json.h"

struct reader {
    const char *json;
    uint32_t length;
    struct tl_fault *fault;
};

static int refuse(struct tl_fault *fault, const char *key, const char *reason)
{
    *fault = (struct tl_fault){.file = "model_config.json", .subject = key, .reason = reason};
    return TL_ERR_BAD_CONFIG;
}

static int find(const struct reader *r, const char *key, struct tl_json_value *value)
{
    *value = tl_json_find(r->json, r->length, key);
    return value->length == 0 ? refuse(r->fault, key, "is missing") : TL_OK;
}

/* Bounds keep every product of two of them within 64 bits, and every 32-bit loop safe. */
static int read_count(const struct reader *r, const char *key, uint32_t max, uint32_t *out)
{
    struct tl_json_value value;
    if (find(r, key, &value)) return TL_ERR_BAD_CONFIG;
    if (!tl_json_uint(value, out) || *out == 0) return refuse(r->fault, key, "is not a positive integer");
    return *out > max ? refuse(r->fault, key, "is too large") : TL_OK;
}

static int read_real(const struct reader *r, const char *key, double *out)
{
    struct tl_json_value value;
    if (find(r, key, &value)) return TL_ERR_BAD_CONFIG;
    return tl_json_real(value, out) ? TL_OK : refuse(r->fault, key, "is not a number in range");
}

static int read_shape(const struct reader *r, struct tl_config *c)
{
    const struct {
        const char *key;
        uint32_t max;
        uint32_t *out;
    } counts[] = {
        {"hidden_size", 65536, &c->hidden},
        {"intermediate_size", 1048576, &c->ffn},
        {"num_hidden_layers", 1024, &c->layers},
        {"num_attention_heads", 4096, &c->heads},
        {"num_key_value_heads", 4096, &c->kv_heads},
        {"head_dim", 4096, &c->head_dim},
        {"vocab_size", 16777216, &c->vocab},
        {"max_position_embeddings", 16777216, &c->max_context},
    };
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (read_count(r, counts[i].key, counts[i].max, counts[i].out)) return TL_ERR_BAD_CONFIG;
    }
    if (c->heads % c->kv_heads != 0) return refuse(r->fault, "num_key_value_heads", "does not divide the heads");
    if (c->head_dim % 2 != 0) return refuse(r->fault, "head_dim", "is odd");
    return TL_OK;
}

static int read_numbers(const struct reader *r, struct tl_config *c)
{
    double eps;
    if (read_real(r, "rms_norm_eps", &eps)) return TL_ERR_BAD_CONFIG;
    if (!(eps >= FLT_MIN && eps <= 1.0)) return refuse(r->fault, "rms_norm_eps", "is not a positive float32 up to 1");
    c->norm_eps = (float)eps;
    if (read_real(r, "rope_theta", &c->rope_theta)) return TL_ERR_BAD_CONFIG;
    return c->rope_theta >= 1.0 ? TL_OK : refuse(r->fault, "rope_theta", "is less than 1");
}

static int read_tokens(const struct reader *r, struct tl_config *c)
{
    struct tl_json_value value;
    if (find(r, "bos_token_id", &value)) return TL_ERR_BAD_CONFIG;
    if (!tl_json_uint(value, &c->bos)) return refuse(r->fault, "bos_token_id", "is not a token id");
    if (find(r, "eos_token_id", &value)) return TL_ERR_BAD_CONFIG;
    if (!tl_json_uint_list(value, c->eos, TL_MAX_EOS, &c->eos_count)) {
        return refuse(r->fault, "eos_token_id", "is neither a token id nor an array of 1 to 8 of them");
    }
    return TL_OK;
}

static int read_format(const struct reader *r, const char *key, enum tl_format *format)
{
    const struct tl_json_value value = tl_json_find(r->json, r->length, key);
    const bool quoted = value.length >= 2 && value.text[0] == '"';
    if (quoted && tl_format_parse(value.text + 1, value.length - 2, format)) return TL_OK;
    return refuse(r->fault, key, "is not the name of a weight format");
}

/** One format for all, and keys for those matrices that differ. */
static int read_formats(const struct reader *r, struct tl_config *c)
{
    struct tl_json_value value;
    enum tl_format common;
    if (find(r, "weight_format", &value) || read_format(r, "weight_format", &common)) return TL_ERR_BAD_CONFIG;
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        const char *key = tl_tensor_format_key((enum tl_tensor)t);
        c->format[t] = key ? common : TL_FLOAT32;
        if (!key || tl_json_find(r->json, r->length, key).length == 0) continue;
        if (t == TL_HEAD && c->tied_head) continue;
        if (read_format(r, key, &c->format[t])) return TL_ERR_BAD_CONFIG;
    }
    if (c->tied_head) c->format[TL_HEAD] = c->format[TL_EMBED];
    return TL_OK;
}

static int read_tie(const struct reader *r, struct tl_config *c)
{
    struct tl_json_value value;
    if (find(r, "tie_word_embeddings", &value)) return TL_ERR_BAD_CONFIG;
    if (tl_json_bool(value, &c->tied_head)) return TL_OK;
    return refuse(r->fault, "tie_word_embeddings", "is not true or false");
}

int tl_config_parse(const char *json, uint32_t length, struct tl_config *config, struct tl_fault *fault)
{
    const struct reader r = {json, length, fault};
    if (tl_json_check(json, length)) return refuse(fault, "model_config.json", "is not a JSON object with unique keys");
    if (read_shape(&r, config) || read_numbers(&r, config)) return TL_ERR_BAD_CONFIG;
    if (read_tokens(&r, config) || read_tie(&r, config) || read_formats(&r, config)) return TL_ERR_BAD_CONFIG;
    return TL_OK;
}

struct tl_shape tl_tensor_shape(const struct tl_config *c, enum tl_tensor tensor)
{
    const uint32_t q_rows = c->heads * c->head_dim;
    const uint32_t kv_rows = c->kv_heads * c->head_dim;
    switch (tensor) {
    case TL_EMBED:
    case TL_HEAD: return (struct tl_shape){1, c->vocab, c->hidden};
    case TL_Q: return (struct tl_shape){c->layers, q_rows, c->hidden};
    case TL_K:
    case TL_V: return (struct tl_shape){c->layers, kv_rows, c->hidden};
    case TL_O: return (struct tl_shape){c->layers, c->hidden, q_rows};
    case TL_GATE:
    case TL_UP: return (struct tl_shape){c->layers, c->ffn, c->hidden};
    case TL_DOWN: return (struct tl_shape){c->layers, c->hidden, c->ffn};
    case TL_NORM1:
    case TL_NORM2: return (struct tl_shape){c->layers, 1, c->hidden};
    default: return (struct tl_shape){1, 1, c->hidden};
    }
}

enum tl_tensor tl_config_head(const struct tl_config *c)
{
    return c->tied_head ? TL_EMBED : TL_HEAD;
}

uint32_t tl_config_scale_count(const struct tl_config *c)
{
    uint32_t count = 0;
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        if (c->format[t] != TL_INT8 || (t == TL_HEAD && c->tied_head)) continue;
        count += tl_tensor_shape(c, (enum tl_tensor)t).layers;
    }
    return count;
}

uint32_t tl_config_code_count(const struct tl_config *c)
{
    uint32_t count = 0;
    for (int t = TL_Q; t < TL_TENSOR_COUNT; t++) {
        const uint32_t cols = tl_tensor_shape(c, (enum tl_tensor)t).cols;
        if (tl_format_is_integer(c->format[t]) && cols > count) count = cols;
    }
    return count;
}
