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
    *fault = (struct tl_fault){.subject = key, .reason = reason};
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

static int read_flavour(const struct reader *r, struct tl_config *c)
{
    struct tl_json_value value;
    if (find(r, "tie_word_embeddings", &value)) return TL_ERR_BAD_CONFIG;
    if (!tl_json_bool(value, &c->tied_head)) return refuse(r->fault, "tie_word_embeddings", "is not true or false");
    if (find(r, "weight_format", &value)) return TL_ERR_BAD_CONFIG;
    return tl_json_is_string(value, "float32") ? TL_OK : refuse(r->fault, "weight_format", "is not \"float32\"");
}

int tl_config_parse(const char *json, uint32_t length, struct tl_config *config, struct tl_fault *fault)
{
    const struct reader r = {json, length, fault};
    if (tl_json_check(json, length)) return refuse(fault, "model_config.json", "is not a JSON object with unique keys");
    if (read_shape(&r, config) || read_numbers(&r, config)) return TL_ERR_BAD_CONFIG;
    if (read_tokens(&r, config) || read_flavour(&r, config)) return TL_ERR_BAD_CONFIG;
    return TL_OK;
}
