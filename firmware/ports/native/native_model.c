#define _POSIX_C_SOURCE 200809L

#include "native_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "native_check.h"

const char *const test_file_names[TL_TENSOR_COUNT] = {
    "embed_tokens.bin", "norm1.bin",     "q_proj.bin",  "k_proj.bin",    "v_proj.bin",     "o_proj.bin",
    "norm2.bin",        "gate_proj.bin", "up_proj.bin", "down_proj.bin", "final_norm.bin", "lm_head.bin",
};

struct tl_config test_shape_odd(void)
{
    return (struct tl_config){
        .hidden = 22, .ffn = 37, .layers = 3, .heads = 6, .kv_heads = 2, .head_dim = 10, .vocab = 53,
        .max_context = 40, .norm_eps = 1e-5f, .rope_theta = 10000.0, .tied_head = false,
        .bos = 1, .eos = {2, 3}, .eos_count = 2,
    };
}

struct tl_config test_shape_tied(void)
{
    return (struct tl_config){
        .hidden = 16, .ffn = 24, .layers = 1, .heads = 2, .kv_heads = 1, .head_dim = 8, .vocab = 32,
        .max_context = 64, .norm_eps = 1e-6f, .rope_theta = 500000.0, .tied_head = true,
        .bos = 1, .eos = {2}, .eos_count = 1,
    };
}

static uint32_t elements(const struct tl_config *c, int tensor)
{
    const uint32_t q = c->heads * c->head_dim;
    const uint32_t kv = c->kv_heads * c->head_dim;
    const uint32_t counts[TL_TENSOR_COUNT] = {
        c->vocab * c->hidden, c->layers * c->hidden, c->layers * q * c->hidden, c->layers * kv * c->hidden,
        c->layers * kv * c->hidden, c->layers * c->hidden * q, c->layers * c->hidden, c->layers * c->ffn * c->hidden,
        c->layers * c->ffn * c->hidden, c->layers * c->hidden * c->ffn, c->hidden, c->vocab * c->hidden,
    };
    return tensor == TL_HEAD && c->tied_head ? 0 : counts[tensor];
}

void test_model_make(struct test_model *model, struct tl_config config, uint64_t seed)
{
    memset(model, 0, sizeof *model);
    model->config = config;
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        const bool norm = t == TL_NORM1 || t == TL_NORM2 || t == TL_FINAL_NORM;
        model->count[t] = elements(&config, t);
        if (model->count[t] == 0) continue;
        model->tensor[t] = malloc(model->count[t] * sizeof(float));
        if (!model->tensor[t]) abort();
        for (uint32_t i = 0; i < model->count[t]; i++) {
            model->tensor[t][i] = norm ? 1.0f + 0.2f * test_random_float(&seed) : 0.6f * test_random_float(&seed);
        }
    }
}

void test_model_free(struct test_model *model)
{
    for (int t = 0; t < TL_TENSOR_COUNT; t++) free(model->tensor[t]);
}

void test_write_file(const char *card, const char *folder, const char *name, const void *data, uint32_t bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", card, folder);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", card, folder, name);
    FILE *stream = fopen(path, "wb");
    if (!stream || fwrite(data, 1, bytes, stream) != bytes || fclose(stream) != 0) abort();
}

void test_remove_file(const char *card, const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", card, folder, name);
    remove(path);
}

/** One format for all, and a key for every matrix that differs. */
static void add_formats(const struct tl_config *c, char *text, uint32_t capacity)
{
    size_t at = strlen(text);
    at += (size_t)snprintf(text + at, capacity - at, ",\"weight_format\":\"%s\"", tl_format_name(c->format[TL_Q]));
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        const bool norm = t == TL_NORM1 || t == TL_NORM2 || t == TL_FINAL_NORM;
        if (norm || (t == TL_HEAD && c->tied_head) || c->format[t] == c->format[TL_Q]) continue;
        const int key_length = (int)strlen(test_file_names[t]) - 4;
        at += (size_t)snprintf(text + at, capacity - at, ",\"%.*s_format\":\"%s\"", key_length, test_file_names[t],
                               tl_format_name(c->format[t]));
    }
    snprintf(text + at, capacity - at, "}\n");
}

void test_config_text(const struct tl_config *c, char *text, uint32_t capacity)
{
    snprintf(text, capacity,
             "{\"hidden_size\":%u,\"intermediate_size\":%u,\"num_hidden_layers\":%u,\"num_attention_heads\":%u,"
             "\"num_key_value_heads\":%u,\"head_dim\":%u,\"vocab_size\":%u,\"max_position_embeddings\":%u,"
             "\"rms_norm_eps\":%.9g,\"rope_theta\":%.1f,\"tie_word_embeddings\":%s,\"bos_token_id\":%u,"
             "\"eos_token_id\":[%u,%u]",
             c->hidden, c->ffn, c->layers, c->heads, c->kv_heads, c->head_dim, c->vocab, c->max_context,
             (double)c->norm_eps, c->rope_theta, c->tied_head ? "true" : "false", c->bos, c->eos[0], c->eos[1]);
    add_formats(c, text, capacity);
}

void test_model_write(const struct test_model *model, const char *card, const char *folder, bool with_manifest)
{
    char text[1024];
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        if (!model->tensor[t]) continue;
        test_write_file(card, folder, test_file_names[t], model->tensor[t], model->count[t] * 4);
    }
    test_config_text(&model->config, text, sizeof text);
    test_write_file(card, folder, "model_config.json", text, (uint32_t)strlen(text));
    /* Longer than one piece of the reader's scratch, so that its CRC runs on over several reads. */
    char manifest[5000];
    memset(manifest, '9', sizeof manifest);
    if (with_manifest) test_write_file(card, folder, "manifest.json", manifest, sizeof manifest);
    else test_remove_file(card, folder, "manifest.json");
}
