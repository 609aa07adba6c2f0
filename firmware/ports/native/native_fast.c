#include "native_fast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_model.h"
#include "native_naive.h"
#include "native_session.h"

static uint32_t below(uint64_t *seed, uint32_t n)
{
    return (uint32_t)(test_random(seed) % n);
}

struct tl_config fast_random_shape(uint64_t *seed)
{
    struct tl_config c = {
        .hidden = 4 + below(seed, 70), .ffn = 1 + below(seed, 90), .layers = 1 + below(seed, 3), .kv_heads = 1 + below(seed, 2),
        .head_dim = 2 + 2 * below(seed, 8), .vocab = 20 + below(seed, 300), .max_context = 24, .norm_eps = 1e-5f, .rope_theta = 10000.0,
        .tied_head = below(seed, 3) == 0, .bos = 1, .eos = {2, 3}, .eos_count = 2,
    };
    c.heads = c.kv_heads * (1 + below(seed, 3));
    const bool mixed = below(seed, 2) == 0;
    const enum tl_format one = (enum tl_format)below(seed, TL_FORMAT_COUNT);
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        const bool norm = !tl_tensor_format_key((enum tl_tensor)t);
        c.format[t] = norm ? TL_FLOAT32 : mixed ? (enum tl_format)below(seed, TL_FORMAT_COUNT) : one;
    }
    if (c.tied_head) c.format[TL_HEAD] = c.format[TL_EMBED];
    return c;
}

static void write_config(const struct tl_config *c, const char *card, const char *folder)
{
    char text[2048];
    test_config_text(c, text, sizeof text);
    test_write_file(card, folder, "model_config.json", text, (uint32_t)strlen(text));
}

static float scale_of(enum tl_tensor tensor, uint32_t layer)
{
    uint64_t seed = 1000u * (uint32_t)tensor + layer;
    return naive_random_scale(&seed);
}

static void write_scales(const struct tl_config *c, const char *card, const char *folder)
{
    char text[2048] = "{\"\":0";
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        if (c->format[t] != TL_INT8 || (t == TL_HEAD && c->tied_head)) continue;
        const uint32_t layers = tl_tensor_shape(c, (enum tl_tensor)t).layers;
        sprintf(text + strlen(text), ",\"%s\":%s", tl_tensor_key((enum tl_tensor)t), layers > 1 ? "[" : "");
        for (uint32_t layer = 0; layer < layers; layer++) {
            sprintf(text + strlen(text), "%s%.9g", layer > 0 ? "," : "", (double)scale_of((enum tl_tensor)t, layer));
        }
        strcat(text, layers > 1 ? "]" : "");
    }
    strcat(text, "}\n");
    test_write_file(card, folder, "quantization_scales.json", text, (uint32_t)strlen(text));
}

static void scale_row(enum tl_format format, unsigned char *row, uint32_t cols, float factor)
{
    for (uint32_t i = 0; format == TL_FLOAT32 && i < cols; i++) {
        float value;
        memcpy(&value, row + 4 * i, 4);
        value = value * factor;
        memcpy(row + 4 * i, &value, 4);
    }
}

static void write_tensor(const struct tl_config *c, enum tl_tensor t, const char *card, const char *folder, uint64_t *seed, float peak)
{
    const struct tl_shape shape = tl_tensor_shape(c, t);
    const uint32_t row_bytes = naive_row_bytes(c->format[t], shape.cols);
    const uint32_t rows = shape.layers * shape.rows;
    unsigned char *data = malloc((size_t)rows * row_bytes);
    if (!data) abort();
    for (uint32_t r = 0; r < rows; r++) {
        naive_random_row(c->format[t], data + (size_t)r * row_bytes, shape.cols, seed);
        if (t == tl_config_head(c) && below(seed, 50) != 0) scale_row(c->format[t], data + (size_t)r * row_bytes, shape.cols, 1 / peak);
    }
    test_write_file(card, folder, tl_tensor_file(t), data, rows * row_bytes);
    free(data);
}

/** Whether it is a file that can be read. */
static bool is_there(const char *card, const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", card, folder, name);
    FILE *stream = fopen(path, "rb");
    if (stream) fclose(stream);
    return stream != NULL;
}

void fast_write_manifest(const char *card, const char *folder, uint32_t salt, const char *wrong)
{
    char text[2048];
    size_t at = (size_t)snprintf(text, sizeof text, "{\"manifest\":1,\"salt\":%u,\"files\":[", salt);
    bool first = true;
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        const char *name = test_file_names[t];
        uint32_t bytes;
        if (!is_there(card, folder, name)) continue;
        unsigned char *data = fast_read_file(card, folder, name, &bytes);
        const uint32_t crc = session_crc(data, bytes) ^ (wrong && strcmp(wrong, name) == 0);
        at += (size_t)snprintf(text + at, sizeof text - at, "%s{\"name\":\"%s\",\"bytes\":%u,\"crc32\":\"%08x\"}", first ? "" : ",", name,
                               bytes, crc);
        first = false;
        free(data);
    }
    at += (size_t)snprintf(text + at, sizeof text - at, "]}");
    test_write_file(card, folder, "manifest.json", text, (uint32_t)at);
}

void fast_write(const struct tl_config *c, const char *card, const char *folder, uint64_t seed, float peak)
{
    const uint32_t salt = (uint32_t)seed;
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        if (t != TL_HEAD || !c->tied_head) write_tensor(c, (enum tl_tensor)t, card, folder, &seed, peak);
        else test_remove_file(card, folder, tl_tensor_file(TL_HEAD));
    }
    write_config(c, card, folder);
    write_scales(c, card, folder);
    fast_write_manifest(card, folder, salt, NULL);
    test_remove_file(card, folder, "lm_head.screen");
}

unsigned char *fast_read_file(const char *card, const char *folder, const char *name, uint32_t *bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s/%s", card, folder, name);
    FILE *stream = fopen(path, "rb");
    if (!stream || fseek(stream, 0, SEEK_END) != 0) abort();
    *bytes = (uint32_t)ftell(stream);
    rewind(stream);
    unsigned char *data = malloc(*bytes);
    if (!data || fread(data, 1, *bytes, stream) != *bytes) abort();
    fclose(stream);
    return data;
}

/** A screen while it is filled. */
struct screen {
    unsigned char *codes;
    unsigned char *scales;
    unsigned char *ratios;
};

/** One group: the scale a bf16 that is large enough for codes -7 .. 7. The error's bound in eighths of it. */
static uint32_t screen_group(struct screen *s, uint32_t group, const float *w, uint32_t n, unsigned char *codes, uint32_t at)
{
    float largest = 0;
    double error = 0;
    for (uint32_t i = 0; i < n; i++) largest = fmaxf(largest, fabsf(w[i]));
    const uint32_t bits = (test_bits(largest / 7) >> 16) + 1;
    const float scale = test_float(bits << 16);
    for (uint32_t i = 0; i < n; i++) {
        const int code = (int)lrintf(w[i] / scale);
        error += ((double)w[i] - (double)code * scale) * ((double)w[i] - (double)code * scale);
        codes[(at + i) / 2] |= (unsigned char)((code + 8) << (4 * ((at + i) % 2)));
    }
    s->scales[2 * group] = (unsigned char)bits;
    s->scales[2 * group + 1] = (unsigned char)(bits >> 8);
    return (uint32_t)ceil(sqrt(error) / scale * 8 * 1.0001);
}

void fast_write_screen(const struct tl_config *c, const char *card, const char *folder)
{
    const enum tl_tensor head = tl_config_head(c);
    const uint32_t groups = (c->hidden + 31) / 32;
    const uint32_t row_bytes = naive_row_bytes(c->format[head], c->hidden);
    const uint32_t code_bytes = ((c->hidden + 1) / 2 + 3) & ~3u;
    const uint32_t total = c->vocab * (code_bytes + 2 * groups + (groups + 1) / 2) + 4;
    uint32_t bytes;
    unsigned char *weights = fast_read_file(card, folder, tl_tensor_file(head), &bytes);
    unsigned char *data = calloc(total, 1);
    struct screen s = {data, data + c->vocab * code_bytes, data + c->vocab * (code_bytes + 2 * groups)};
    double largest = 0;
    float w[256];
    for (uint32_t row = 0; row < c->vocab; row++) {
        double norm = 0;
        for (uint32_t i = 0; i < c->hidden; i++) {
            w[i] = naive_value(c->format[head], weights + row * row_bytes, c->hidden, i, scale_of(head, 0));
            norm += (double)w[i] * w[i];
        }
        for (uint32_t g = 0; g < groups; g++) {
            const uint32_t n = c->hidden - 32 * g < 32 ? c->hidden - 32 * g : 32;
            const uint32_t eighths = screen_group(&s, row * groups + g, w + 32 * g, n, s.codes + row * code_bytes, 32 * g);
            if (eighths > 23) abort();
            s.ratios[row * ((groups + 1) / 2) + g / 2] |= (unsigned char)((eighths < 8 ? 0 : eighths - 8) << (4 * (g % 2)));
        }
        largest = fmax(largest, sqrt(norm));
    }
    const float bound = (float)(largest * 1.0001);
    memcpy(data + total - 4, &bound, 4);
    test_write_file(card, folder, "lm_head.screen", data, total);
    free(weights);
    free(data);
}

struct tl_knobs fast_knobs(enum tl_strategy strategy, uint32_t context)
{
    return (struct tl_knobs){
        .strategy = strategy, .context = context, .head_rows = 256, .mlp_bytes = 98304, .psram_bytes = 4194304, .cache_bytes = 4194304,
        .resident = 31, .chunk_bytes = 16384, .batch = 8, .core_split = 50, .read_ahead = true, .screen = TL_SCREEN_CERTAIN,
        .screen_rows = 2048,
    };
}

static void *exact(uint32_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);
    if (!memory) abort();
    memset(memory, 0xff, bytes);
    return memory;
}

int fast_open(struct fast_model *fast, struct native_port *native, const char *folder, struct tl_knobs knobs)
{
    char scratch[TL_CONFIG_MAX_BYTES];
    struct tl_model *model = &fast->model;
    memset(fast, 0, sizeof *fast);
    int result = tl_model_open(model, &native->port.hal, folder, scratch);
    if (result == TL_OK) result = tl_model_plan(model, &knobs);
    if (result) return result;
    const struct tl_need *need = &model->need;
    fast->arenas = (struct tl_arenas){
        .internal = exact(need->internal_bytes), .bounce = exact(need->bounce_bytes), .lists = exact(need->list_bytes),
        .psram = exact(need->psram_bytes), .resident = exact(need->resident_bytes),
    };
    return tl_model_place(model, &fast->arenas);
}

void fast_close(struct fast_model *fast)
{
    tl_model_close(&fast->model);
    void *pieces[] = {fast->arenas.internal, fast->arenas.bounce, fast->arenas.lists, fast->arenas.psram, fast->arenas.resident};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) free(pieces[i]);
    memset(fast, 0, sizeof *fast);
}
