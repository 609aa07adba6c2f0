#include "tl_model.h"

#include <string.h>

#include "tl_crc32.h"
#include "tl_math.h"

/* Weights and activations are used as they lie on the card, so the machine must be little-endian. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the card's files are little-endian float32 (firmware/FORMATS.md)"
#endif

static const char *const file_names[TL_TENSOR_COUNT] = {
    "embed_tokens.bin", "norm1.bin",     "q_proj.bin",  "k_proj.bin",    "v_proj.bin",     "o_proj.bin",
    "norm2.bin",        "gate_proj.bin", "up_proj.bin", "down_proj.bin", "final_norm.bin", "lm_head.bin",
};

/** Elements of a tensor; bounded by the configuration's limits to less than 2^62. */
static uint64_t elements(const struct tl_config *c, enum tl_tensor tensor)
{
    const uint64_t hidden = c->hidden;
    const uint64_t q_rows = (uint64_t)c->heads * c->head_dim;
    const uint64_t kv_rows = (uint64_t)c->kv_heads * c->head_dim;
    switch (tensor) {
    case TL_EMBED:
    case TL_HEAD: return c->vocab * hidden;
    case TL_NORM1:
    case TL_NORM2: return c->layers * hidden;
    case TL_Q:
    case TL_O: return c->layers * q_rows * hidden;
    case TL_K:
    case TL_V: return c->layers * kv_rows * hidden;
    case TL_GATE:
    case TL_UP:
    case TL_DOWN: return c->layers * hidden * c->ffn;
    default: return hidden;
    }
}

static int read_config(struct tl_model *model, const char *folder, void *scratch)
{
    struct tl_file file;
    int result = tl_card_open(&model->card, folder, "model_config.json", &file, &model->fault);
    if (result) return result;
    if (file.bytes == 0 || file.bytes > TL_CONFIG_MAX_BYTES) {
        model->fault = (struct tl_fault){.subject = file.name, .reason = "is empty or larger than 4096 bytes"};
        result = TL_ERR_BAD_CONFIG;
    } else {
        result = tl_card_read(&model->card, &file, 0, scratch, file.bytes, &model->fault);
    }
    if (result == TL_OK) result = tl_config_parse(scratch, file.bytes, &model->config, &model->fault);
    tl_card_close(&model->card, &file);
    return result;
}

/** The manifest is for the host, and for the app, which may refuse a card without one; the core does without. */
static int hash_manifest(struct tl_model *model, const char *folder, void *scratch)
{
    struct tl_file file;
    uint32_t crc = 0;
    int result = tl_card_open(&model->card, folder, "manifest.json", &file, &model->fault);
    if (result == TL_ERR_NO_FILE) return TL_OK;
    for (uint32_t offset = 0; result == TL_OK && offset < file.bytes;) {
        const uint32_t left = file.bytes - offset;
        const uint32_t bytes = left < TL_CONFIG_MAX_BYTES ? left : TL_CONFIG_MAX_BYTES;
        result = tl_card_read(&model->card, &file, offset, scratch, bytes, &model->fault);
        crc = tl_crc32(crc, scratch, bytes);
        tl_charge(model->hal, TL_KERNEL_CRC, bytes, scratch, bytes);
        offset += bytes;
    }
    tl_card_close(&model->card, &file);
    model->weights.has_manifest = result == TL_OK;
    model->weights.manifest_crc = crc;
    return result;
}

static int open_tensor(struct tl_model *model, const char *folder, enum tl_tensor tensor)
{
    struct tl_file *file = &model->weights.file[tensor];
    const int result = tl_card_open(&model->card, folder, file_names[tensor], file, &model->fault);
    if (result) return result;
    const uint64_t expected = elements(&model->config, tensor) * 4;
    if (file->bytes == expected) return TL_OK;
    model->fault = (struct tl_fault){.subject = file->name, .expected = expected, .found = file->bytes};
    return TL_ERR_BAD_SIZE;
}

static int open_tensors(struct tl_model *model, const char *folder)
{
    for (int tensor = 0; tensor < TL_TENSOR_COUNT; tensor++) {
        if (tensor == TL_HEAD && model->config.tied_head) continue;
        const int result = open_tensor(model, folder, (enum tl_tensor)tensor);
        if (result) return result;
    }
    return TL_OK;
}

int tl_model_open(struct tl_model *model, const struct tl_hal *hal, const char *folder, void *scratch)
{
    memset(model, 0, sizeof *model);
    model->hal = hal;
    tl_card_init(&model->card, hal);
    for (int i = 0; i < TL_TENSOR_COUNT; i++) model->weights.file[i].handle = -1;
    int result = read_config(model, folder, scratch);
    if (result == TL_OK) result = hash_manifest(model, folder, scratch);
    if (result == TL_OK) result = open_tensors(model, folder);
    if (result != TL_OK) tl_model_close(model);
    return result;
}

int tl_model_plan(struct tl_model *model, const struct tl_knobs *knobs)
{
    return tl_plan(&model->config, knobs, &model->need, &model->fault);
}

/** Takes `count` floats off an arena, 16-byte aligned. */
static float *carve(char **arena, uint64_t count)
{
    float *piece = (float *)(void *)*arena;
    *arena += (count * 4 + 15u) & ~(uint64_t)15u;
    return piece;
}

static void carve_small(struct tl_state *s, const struct tl_config *c, uint32_t context, char **arena)
{
    const uint32_t q_cols = c->heads * c->head_dim;
    const uint32_t kv_cols = c->kv_heads * c->head_dim;
    s->x = carve(arena, c->hidden);
    s->h = carve(arena, c->hidden);
    s->q = carve(arena, q_cols);
    s->mixed = carve(arena, q_cols);
    s->k = carve(arena, kv_cols);
    s->v = carve(arena, kv_cols);
    s->scores = carve(arena, context);
    s->gate = carve(arena, c->ffn);
    s->up = carve(arena, c->ffn);
    s->freq = carve(arena, c->head_dim / 2);
    s->cosine = carve(arena, c->head_dim / 2);
    s->sine = carve(arena, c->head_dim / 2);
    s->norm1 = carve(arena, (uint64_t)c->layers * c->hidden);
    s->norm2 = carve(arena, (uint64_t)c->layers * c->hidden);
    s->norm_out = carve(arena, c->hidden);
}

static int read_whole(struct tl_model *model, enum tl_tensor tensor, float *target)
{
    const struct tl_file *file = &model->weights.file[tensor];
    return tl_card_read(&model->card, file, 0, target, file->bytes, &model->fault);
}

int tl_model_place(struct tl_model *model, void *internal, void *psram)
{
    const struct tl_need *n = &model->need;
    struct tl_state *s = &model->state;
    char *large = psram;
    char *small = internal;
    s->stage = carve(&large, n->stage_bytes / 4);
    s->keys = carve(&large, n->kv_bytes / 8);
    s->values = carve(&large, n->kv_bytes / 8);
    s->logits = carve(&large, model->config.vocab);
    carve_small(s, &model->config, n->context, n->internal_fits ? &small : &large);
    tl_rope_frequencies(s->freq, model->config.head_dim, model->config.rope_theta);
    int result = read_whole(model, TL_NORM1, s->norm1);
    if (result == TL_OK) result = read_whole(model, TL_NORM2, s->norm2);
    if (result == TL_OK) result = read_whole(model, TL_FINAL_NORM, s->norm_out);
    return result;
}

void tl_model_close(struct tl_model *model)
{
    if (!model->hal) return;
    for (int i = 0; i < TL_TENSOR_COUNT; i++) tl_card_close(&model->card, &model->weights.file[i]);
    model->hal = NULL;
}
