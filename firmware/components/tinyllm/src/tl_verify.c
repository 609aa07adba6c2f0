#include "tl_model.h"

#include <stddef.h>
#include <string.h>

#include "tl_crc32.h"
#include "tl_json.h"

static const char manifest_file[] = "manifest.json";

/** One file as the manifest lists it; its name is in model->listed. */
struct entry {
    uint32_t bytes;
    uint32_t crc;
};

static int refuse(struct tl_model *model, const char *subject, const char *reason)
{
    model->fault = (struct tl_fault){.file = manifest_file, .subject = subject, .reason = reason};
    return TL_ERR_BAD_CONFIG;
}

static int read_manifest(struct tl_model *model, const char *folder, char *text, uint32_t *length)
{
    struct tl_file file;
    int result = tl_card_open(&model->card, folder, manifest_file, &file, &model->fault);
    if (result == TL_ERR_NO_FILE) return refuse(model, manifest_file, "is not there to verify by");
    if (result) return result;
    *length = file.bytes;
    if (file.bytes == 0 || file.bytes > TL_CONFIG_MAX_BYTES) result = refuse(model, manifest_file, "is empty or larger than 4096 bytes");
    else result = tl_card_read(&model->card, &file, 0, text, file.bytes, &model->fault);
    tl_card_close(&model->card, &file);
    if (result || tl_json_check(text, *length) == TL_OK) return result;
    return refuse(model, manifest_file, "is not a JSON object with unique keys");
}

/** A name that is a file of the folder itself. */
static bool read_name(struct tl_json_value value, char name[TL_MAX_NAME + 1])
{
    if (value.length < 3 || value.length - 2 > TL_MAX_NAME || value.text[0] != '"') return false;
    const uint32_t length = value.length - 2;
    for (uint32_t i = 0; i < length; i++) {
        if (strchr("/\\", value.text[1 + i]) != NULL) return false;
    }
    memcpy(name, value.text + 1, length);
    name[length] = '\0';
    return true;
}

static bool read_crc(struct tl_json_value value, uint32_t *crc)
{
    static const char digits[] = "0123456789abcdef";
    *crc = 0;
    if (value.length != 10 || value.text[0] != '"') return false;
    for (uint32_t i = 1; i <= 8; i++) {
        const char *digit = memchr(digits, value.text[i], 16);
        if (!digit) return false;
        *crc = (*crc << 4) | (uint32_t)(digit - digits);
    }
    return true;
}

static int read_entry(struct tl_model *model, struct tl_json_value item, struct entry *entry)
{
    if (tl_json_check(item.text, item.length)) return refuse(model, "files", "lists something that is no object");
    if (!read_name(tl_json_find(item.text, item.length, "name"), model->listed)) {
        return refuse(model, "name", "is missing, too long, or no plain file name");
    }
    if (!tl_json_uint(tl_json_find(item.text, item.length, "bytes"), &entry->bytes)) {
        return refuse(model, model->listed, "is listed without its bytes");
    }
    if (read_crc(tl_json_find(item.text, item.length, "crc32"), &entry->crc)) return TL_OK;
    return refuse(model, model->listed, "is listed without a crc32 of 8 lower-case hex digits");
}

/** The manifest's list; false when it has none. */
static bool open_list(const char *text, uint32_t length, struct tl_json_items *items)
{
    return tl_json_items_over(tl_json_find(text, length, "files"), items);
}

/** Whether the manifest, in `text`, lists the file. */
static bool lists(const char *text, uint32_t length, const char *name)
{
    struct tl_json_items items;
    struct tl_json_value item;
    if (!open_list(text, length, &items)) return false;
    while (tl_json_items_next(&items, &item)) {
        if (tl_json_is_string(tl_json_find(item.text, item.length, "name"), name)) return true;
    }
    return false;
}

/** Every file that the model is read from must be among those that are checked. */
static int lists_model(struct tl_model *model, const char *text, uint32_t length)
{
    static const char unlisted[] = "is not listed";
    const struct tl_weights *w = &model->weights;
    struct tl_json_items items;
    if (!open_list(text, length, &items)) return refuse(model, "files", "is missing or no array");
    if (!lists(text, length, "model_config.json")) return refuse(model, "model_config.json", unlisted);
    if (tl_config_scale_count(&model->config) > 0 && !lists(text, length, "quantization_scales.json")) {
        return refuse(model, "quantization_scales.json", unlisted);
    }
    if (w->screen_file.handle >= 0 && !lists(text, length, w->screen_file.name)) return refuse(model, w->screen_file.name, unlisted);
    for (int t = 0; t < TL_TENSOR_COUNT; t++) {
        const struct tl_file *file = &w->matrix[t].file;
        if (file->handle >= 0 && !lists(text, length, file->name)) return refuse(model, file->name, unlisted);
    }
    return TL_OK;
}

static int check_content(struct tl_model *model, const struct tl_file *file, const struct entry *entry, void *scratch, uint32_t bytes)
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

static int check_file(struct tl_model *model, const char *folder, const struct entry *entry, void *scratch, uint32_t bytes)
{
    struct tl_file file;
    int result = tl_card_open(&model->card, folder, model->listed, &file, &model->fault);
    if (result) return result;
    result = check_content(model, &file, entry, scratch, bytes);
    tl_card_close(&model->card, &file);
    return result;
}

/** Entry `index` of the manifest in `text`; its absence is no error: `*found` says. */
static int find_entry(struct tl_model *model, const char *text, uint32_t length, uint32_t index, struct entry *entry, bool *found)
{
    struct tl_json_items items;
    struct tl_json_value item;
    if (!open_list(text, length, &items)) return refuse(model, "files", "is missing or no array");
    for (uint32_t i = 0; (*found = tl_json_items_next(&items, &item)); i++) {
        if (i == index) return read_entry(model, item, entry);
    }
    return TL_OK;
}

/* The manifest is read anew for every file, because the files pass through the same scratch. */
int tl_model_verify(struct tl_model *model, const char *folder, void *scratch, uint32_t bytes)
{
    struct entry entry;
    uint32_t length = 0;
    bool found = true;
    for (uint32_t index = 0;; index++) {
        int result = read_manifest(model, folder, scratch, &length);
        if (result == TL_OK && index == 0) result = lists_model(model, scratch, length);
        if (result == TL_OK) result = find_entry(model, scratch, length, index, &entry, &found);
        if (result || !found) return result;
        if ((result = check_file(model, folder, &entry, scratch, bytes))) return result;
    }
}
