#include "tl_place.h"

#include <float.h>
#include <stddef.h>

#include "tl_json.h"

static const char scales_file[] = "quantization_scales.json";

void *tl_carve(unsigned char **arena, uint64_t bytes)
{
    if (bytes == 0) return NULL;
    void *piece = *arena;
    *arena += tl_rounded(bytes);
    return piece;
}

static int refuse(struct tl_model *model, const char *subject, const char *reason)
{
    model->fault = (struct tl_fault){.file = scales_file, .subject = subject, .reason = reason};
    return TL_ERR_BAD_CONFIG;
}

static int read_text(struct tl_model *model, char *text, uint32_t *length)
{
    struct tl_file file;
    int result = tl_card_open(&model->card, model->folder, scales_file, &file, &model->fault);
    if (result) return result;
    *length = file.bytes;
    if (file.bytes == 0 || file.bytes > TL_CONFIG_MAX_BYTES) result = refuse(model, scales_file, "is empty or larger than 4096 bytes");
    else result = tl_card_read(&model->card, &file, 0, text, file.bytes, &model->fault);
    tl_card_close(&model->card, &file);
    if (result || tl_json_check(text, *length) == TL_OK) return result;
    return refuse(model, scales_file, "is not a JSON object with unique keys");
}

static bool read_scale(struct tl_json_value value, float *scale)
{
    double wide;
    if (!tl_json_real(value, &wide)) return false;
    *scale = (float)wide; /* its last digit may be what makes it normal, or finite */
    return *scale >= FLT_MIN && *scale <= FLT_MAX;
}

/** One scale, or with several layers an array of one each. */
static int read_tensor_scales(struct tl_model *model, struct tl_json_value value, const char *key, uint32_t layers, float *scales)
{
    struct tl_json_items items;
    struct tl_json_value item;
    uint32_t count = 0;
    if (value.length == 0) return refuse(model, key, "is missing");
    if (layers == 1) return read_scale(value, scales) ? TL_OK : refuse(model, key, "is not a positive float32");
    if (!tl_json_items_over(value, &items)) return refuse(model, key, "is not an array of scales, one a layer");
    while (tl_json_items_next(&items, &item)) {
        if (count == layers) return refuse(model, key, "has more scales than layers");
        if (!read_scale(item, &scales[count++])) return refuse(model, key, "has a scale that is not a positive float32");
    }
    return count == layers ? TL_OK : refuse(model, key, "has fewer scales than layers");
}

int tl_model_read_scales(struct tl_model *model, void *scratch, float *scales)
{
    uint32_t length = 0;
    if (tl_config_scale_count(&model->config) == 0) return TL_OK;
    int result = read_text(model, scratch, &length);
    for (int t = 0; result == TL_OK && t < TL_TENSOR_COUNT; t++) {
        if (model->config.format[t] != TL_INT8 || (t == TL_HEAD && model->config.tied_head)) continue;
        const char *key = tl_tensor_key((enum tl_tensor)t);
        const uint32_t layers = tl_tensor_shape(&model->config, (enum tl_tensor)t).layers;
        result = read_tensor_scales(model, tl_json_find(scratch, length, key), key, layers, scales);
        model->weights.matrix[t].scales = scales;
        scales += layers;
    }
    return result;
}

static int read_whole(struct tl_model *model, enum tl_tensor tensor, float *target)
{
    const struct tl_file *file = &model->weights.matrix[tensor].file;
    return tl_card_read(&model->card, file, 0, target, file->bytes, &model->fault);
}

int tl_model_read_norms(struct tl_model *model)
{
    int result = read_whole(model, TL_NORM1, model->state.norm1);
    if (result == TL_OK) result = read_whole(model, TL_NORM2, model->state.norm2);
    if (result == TL_OK) result = read_whole(model, TL_FINAL_NORM, model->state.norm_out);
    return result;
}
