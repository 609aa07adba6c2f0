#include "native_packed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_model.h"
#include "native_naive.h"

/** Layers, rows and columns of a tensor. */
struct sizes {
    uint32_t layers;
    uint32_t rows;
    uint32_t cols;
};

/** By FORMATS.md's table of files. */
static struct sizes sizes_of(const struct tl_config *c, int tensor)
{
    const uint32_t q = c->heads * c->head_dim;
    const uint32_t kv = c->kv_heads * c->head_dim;
    const struct sizes sizes[TL_TENSOR_COUNT] = {
        {1, c->vocab, c->hidden},       {c->layers, 1, c->hidden},      {c->layers, q, c->hidden},
        {c->layers, kv, c->hidden},     {c->layers, kv, c->hidden},     {c->layers, c->hidden, q},
        {c->layers, 1, c->hidden},      {c->layers, c->ffn, c->hidden}, {c->layers, c->ffn, c->hidden},
        {c->layers, c->hidden, c->ffn}, {1, 1, c->hidden},              {1, c->vocab, c->hidden},
    };
    return sizes[tensor];
}

static bool is_norm(int tensor)
{
    return tensor == TL_NORM1 || tensor == TL_NORM2 || tensor == TL_FINAL_NORM;
}

void test_packed_format(struct tl_config *config, enum tl_format format)
{
    for (int t = 0; t < TL_TENSOR_COUNT; t++) config->format[t] = is_norm(t) ? TL_FLOAT32 : format;
}

static void fill_norm(unsigned char *data, uint32_t count, uint64_t *seed)
{
    for (uint32_t i = 0; i < count; i++) {
        const float weight = 1.0f + 0.2f * test_random_float(seed);
        memcpy(data + 4 * i, &weight, 4);
    }
}

static void fill(struct test_packed *model, int t, uint64_t *seed)
{
    const enum tl_format format = model->config.format[t];
    const struct sizes s = sizes_of(&model->config, t);
    const uint32_t row_bytes = naive_row_bytes(format, s.cols);
    model->bytes[t] = s.layers * s.rows * row_bytes;
    model->data[t] = malloc(model->bytes[t]);
    if (!model->data[t]) abort();
    for (uint32_t layer = 0; layer < s.layers; layer++) model->scales[t][layer] = naive_random_scale(seed);
    if (is_norm(t)) {
        fill_norm(model->data[t], s.layers * s.cols, seed);
        return;
    }
    for (uint32_t row = 0; row < s.layers * s.rows; row++) {
        naive_random_row(format, model->data[t] + row * row_bytes, s.cols, seed);
    }
}

void test_packed_make(struct test_packed *model, struct tl_config config, uint64_t seed)
{
    memset(model, 0, sizeof *model);
    model->config = config;
    if (config.layers > PACKED_LAYERS) abort();
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        if (t != TL_HEAD || !config.tied_head) fill(model, t, &seed);
    }
}

void test_packed_free(struct test_packed *model)
{
    for (int t = 0; t < TL_TENSOR_COUNT; t++) free(model->data[t]);
}

/** One tensor's entry; nine digits bring the same float back. */
static int print_scales(const struct test_packed *model, int t, char *text)
{
    const uint32_t layers = sizes_of(&model->config, t).layers;
    int at = sprintf(text, "\"%.*s\": ", (int)strlen(test_file_names[t]) - 4, test_file_names[t]);
    if (layers == 1) return at + sprintf(text + at, "%.9g", (double)model->scales[t][0]);
    for (uint32_t layer = 0; layer < layers; layer++) {
        at += sprintf(text + at, "%s%.9g", layer ? ", " : "[", (double)model->scales[t][layer]);
    }
    return at + sprintf(text + at, "]");
}

static void write_scales(const struct test_packed *model, const char *card, const char *folder)
{
    char text[4096];
    int at = 0;
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        if (!model->data[t] || model->config.format[t] != TL_INT8) continue;
        at += sprintf(text + at, "%s", at ? ",\n " : "{");
        at += print_scales(model, t, text + at);
    }
    if (at == 0) return;
    at += sprintf(text + at, "}\n");
    test_write_file(card, folder, "quantization_scales.json", text, (uint32_t)at);
}

void test_packed_write(const struct test_packed *model, const char *card, const char *folder)
{
    char text[2048];
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        if (model->data[t]) test_write_file(card, folder, test_file_names[t], model->data[t], model->bytes[t]);
    }
    test_config_text(&model->config, text, sizeof text);
    test_write_file(card, folder, "model_config.json", text, (uint32_t)strlen(text));
    test_remove_file(card, folder, "quantization_scales.json");
    write_scales(model, card, folder);
    test_remove_file(card, folder, "manifest.json");
}

const unsigned char *test_packed_row(const struct test_packed *model, enum tl_tensor tensor, uint32_t layer, uint32_t row)
{
    const struct sizes s = sizes_of(&model->config, tensor);
    return model->data[tensor] + (size_t)(layer * s.rows + row) * naive_row_bytes(model->config.format[tensor], s.cols);
}
