#include "tl_model.h"

#include <stddef.h>

#include "tl_crc32.h"
#include "tl_manifest.h"

/** Every file that the model is read from must be among those that are checked. */
static int lists_model(struct tl_model *model, const char *text, uint32_t length)
{
    static const char unlisted[] = "is not listed";
    const struct tl_weights *w = &model->weights;
    if (!tl_manifest_lists(text, length, "model_config.json")) return tl_manifest_refuse(model, "model_config.json", unlisted);
    if (tl_config_scale_count(&model->config) > 0 && !tl_manifest_lists(text, length, "quantization_scales.json")) {
        return tl_manifest_refuse(model, "quantization_scales.json", unlisted);
    }
    const char *screen = w->screen_file.name;
    if (w->screen_file.handle >= 0 && !tl_manifest_lists(text, length, screen)) return tl_manifest_refuse(model, screen, unlisted);
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        const struct tl_file *file = &w->matrix[t].file;
        if (file->handle >= 0 && !tl_manifest_lists(text, length, file->name)) return tl_manifest_refuse(model, file->name, unlisted);
    }
    return TL_OK;
}

static int check_content(struct tl_model *model, const struct tl_file *file, const struct tl_manifest_entry *entry, void *scratch, uint32_t bytes)
{
    uint32_t crc = 0;
    if (file->bytes != entry->bytes) {
        model->fault = (struct tl_fault){.file = file->name, .subject = file->name, .expected = entry->bytes, .found = file->bytes};
        return TL_ERR_BAD_SIZE;
    }
    for (uint32_t offset = 0; offset < file->bytes;) {
        const uint32_t left = file->bytes - offset;
        const uint32_t count = left < bytes ? left : bytes;
        const int result = tl_card_read(&model->card, file, offset, scratch, count, &model->fault);
        if (result) return result;
        crc = tl_crc32(crc, scratch, count);
        tl_charge(model->hal, TL_KERNEL_CRC, count, scratch, count);
        offset += count;
    }
    if (crc == entry->crc) return TL_OK;
    model->fault = (struct tl_fault){.file = file->name, .subject = file->name, .reason = "is not what manifest.json says"};
    return TL_ERR_BAD_HASH;
}

static int check_file(struct tl_model *model, const char *folder, const struct tl_manifest_entry *entry, void *scratch, uint32_t bytes)
{
    struct tl_file file;
    int result = tl_card_open(&model->card, folder, model->listed, &file, &model->fault);
    if (result) return result;
    result = check_content(model, &file, entry, scratch, bytes);
    tl_card_close(&model->card, &file);
    return result;
}

/* The manifest is read anew for every file, because the files pass through the same scratch. */
int tl_model_verify(struct tl_model *model, const char *folder, void *scratch, uint32_t bytes)
{
    struct tl_manifest_entry entry;
    uint32_t length = 0;
    bool found = true;
    for (uint32_t index = 0;; index++) {
        int result = tl_manifest_read(model, folder, scratch, &length);
        if (result == TL_OK && index == 0) result = lists_model(model, scratch, length);
        if (result == TL_OK) result = tl_manifest_entry(model, scratch, length, index, &entry, &found);
        if (result || !found) return result;
        if ((result = check_file(model, folder, &entry, scratch, bytes))) return result;
    }
}
