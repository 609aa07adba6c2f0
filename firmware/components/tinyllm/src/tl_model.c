#include "tl_model.h"

#include <string.h>

#include "tl_crc32.h"
#include "tl_fast.h"
#include "tl_seed.h"

/* Weights and activations are used as they lie on the card, so the machine must be little-endian. */
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the card's files are little-endian (firmware/FORMATS.md)"
#endif

static int read_config(struct tl_model *model, const char *folder, void *scratch)
{
    struct tl_file file;
    int result = tl_card_open(&model->card, folder, "model_config.json", &file, &model->fault);
    if (result) return result;
    if (file.bytes == 0 || file.bytes > TL_CONFIG_MAX_BYTES) {
        model->fault = (struct tl_fault){.file = file.name, .subject = file.name, .reason = "is empty or larger than 4096 bytes"};
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

static int has_size(struct tl_model *model, const struct tl_file *file, uint64_t expected)
{
    if (file->bytes == expected) return TL_OK;
    model->fault = (struct tl_fault){.file = file->name, .subject = file->name, .expected = expected, .found = file->bytes};
    return TL_ERR_BAD_SIZE;
}

static int open_tensor(struct tl_model *model, const char *folder, enum tl_tensor tensor)
{
    struct tl_matrix *matrix = &model->weights.matrix[tensor];
    const struct tl_shape shape = tl_tensor_shape(&model->config, tensor);
    matrix->format = model->config.format[tensor];
    matrix->rows = shape.rows;
    matrix->cols = shape.cols;
    const uint64_t row_bytes = tl_format_row_bytes(matrix->format, shape.cols);
    matrix->row_bytes = (uint32_t)row_bytes; /* the configuration's limits keep it far below 2^32 */
    const int result = tl_card_open(&model->card, folder, tl_tensor_file(tensor), &matrix->file, &model->fault);
    return result ? result : has_size(model, &matrix->file, row_bytes * shape.rows * shape.layers);
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

static int open_screen(struct tl_model *model, const char *folder)
{
    struct tl_file *file = &model->weights.screen_file;
    const int result = tl_card_open(&model->card, folder, "lm_head.screen", file, &model->fault);
    if (result) return result == TL_ERR_NO_FILE ? TL_OK : result;
    return has_size(model, file, tl_screen_bytes(model->config.vocab, model->config.hidden));
}

/** A folder whose name is too long is nowhere on the card: the copy's truncation never matters. */
static void name_folder(struct tl_model *model, const char *folder)
{
    strncpy(model->folder, folder, TL_MAX_FOLDER);
}

int tl_model_open(struct tl_model *model, const struct tl_hal *hal, const char *folder, void *scratch)
{
    memset(model, 0, sizeof *model);
    model->hal = hal;
    name_folder(model, folder);
    tl_card_init(&model->card, hal);
    for (int i = 0; i < TL_TENSOR_COUNT; i++) model->weights.matrix[i].file.handle = -1;
    model->weights.screen_file.handle = -1;
    int result = read_config(model, folder, scratch);
    if (result == TL_OK) result = hash_manifest(model, folder, scratch);
    if (result == TL_OK) result = open_tensors(model, folder);
    if (result == TL_OK) result = open_screen(model, folder);
    if (result != TL_OK) tl_model_close(model);
    return result;
}

int tl_model_plan(struct tl_model *model, const struct tl_knobs *knobs)
{
    model->knobs = *knobs;
    if (knobs->strategy == TL_FAST) return tl_fast_plan(model, knobs);
    return tl_plan(&model->config, knobs, &model->need, &model->fault);
}

int tl_model_place(struct tl_model *model, const struct tl_arenas *arenas)
{
    if (model->knobs.strategy == TL_FAST) return tl_fast_place(model, arenas);
    return tl_seed_place(model, arenas);
}

const struct tl_matrix *tl_model_head(const struct tl_model *model)
{
    return &model->weights.matrix[tl_config_head(&model->config)];
}

struct tl_rows tl_matrix_rows(const struct tl_matrix *matrix, uint32_t layer, const void *data, uint32_t count)
{
    return (struct tl_rows){
        .format = matrix->format, .data = data, .count = count, .cols = matrix->cols, .row_bytes = matrix->row_bytes,
        .scale = matrix->scales ? matrix->scales[layer] : 0.0f,
    };
}

void tl_model_close(struct tl_model *model)
{
    if (!model->hal) return;
    for (int i = 0; i < TL_TENSOR_COUNT; i++) tl_card_close(&model->card, &model->weights.matrix[i].file);
    tl_card_close(&model->card, &model->weights.screen_file);
    model->hal = NULL;
}
