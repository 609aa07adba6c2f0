#include "tl_manifest.h"

#include <stddef.h>
#include <string.h>

#include "tl_json.h"

static const char manifest_file[] = "manifest.json";

int tl_manifest_refuse(struct tl_model *model, const char *subject, const char *reason)
{
    model->fault = (struct tl_fault){.file = manifest_file, .subject = subject, .reason = reason};
    return TL_ERR_BAD_CONFIG;
}

/** The manifest's list; false when it has none. */
static bool open_list(const char *text, uint32_t length, struct tl_json_items *items)
{
    return tl_json_items_over(tl_json_find(text, length, "files"), items);
}

int tl_manifest_read(struct tl_model *model, const char *folder, char *text, uint32_t *length)
{
    struct tl_file file;
    struct tl_json_items items;
    int result = tl_card_open(&model->card, folder, manifest_file, &file, &model->fault);
    if (result == TL_ERR_NO_FILE) return tl_manifest_refuse(model, manifest_file, "is not there to verify by");
    if (result) return result;
    *length = file.bytes;
    if (file.bytes == 0 || file.bytes > TL_CONFIG_MAX_BYTES) result = tl_manifest_refuse(model, manifest_file, "is empty or larger than 4096 bytes");
    else result = tl_card_read(&model->card, &file, 0, text, file.bytes, &model->fault);
    tl_card_close(&model->card, &file);
    if (result) return result;
    if (tl_json_check(text, *length)) return tl_manifest_refuse(model, manifest_file, "is not a JSON object with unique keys");
    return open_list(text, *length, &items) ? TL_OK : tl_manifest_refuse(model, "files", "is missing or no array");
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

static int read_entry(struct tl_model *model, struct tl_json_value item, struct tl_manifest_entry *entry)
{
    if (tl_json_check(item.text, item.length)) return tl_manifest_refuse(model, "files", "lists something that is no object");
    if (!read_name(tl_json_find(item.text, item.length, "name"), model->listed)) {
        return tl_manifest_refuse(model, "name", "is missing, too long, or no plain file name");
    }
    if (!tl_json_uint(tl_json_find(item.text, item.length, "bytes"), &entry->bytes)) {
        return tl_manifest_refuse(model, model->listed, "is listed without its bytes");
    }
    if (read_crc(tl_json_find(item.text, item.length, "crc32"), &entry->crc)) return TL_OK;
    return tl_manifest_refuse(model, model->listed, "is listed without a crc32 of 8 lower-case hex digits");
}

bool tl_manifest_lists(const char *text, uint32_t length, const char *name)
{
    struct tl_json_items items;
    struct tl_json_value item;
    if (!open_list(text, length, &items)) return false;
    while (tl_json_items_next(&items, &item)) {
        if (tl_json_is_string(tl_json_find(item.text, item.length, "name"), name)) return true;
    }
    return false;
}

int tl_manifest_entry(struct tl_model *model, const char *text, uint32_t length, uint32_t index, struct tl_manifest_entry *entry, bool *found)
{
    struct tl_json_items items;
    struct tl_json_value item;
    *found = open_list(text, length, &items);
    for (uint32_t i = 0; *found && (*found = tl_json_items_next(&items, &item)); i++) {
        if (i == index) return read_entry(model, item, entry);
    }
    return TL_OK;
}

int tl_manifest_crc(struct tl_model *model, const char *text, uint32_t length, const char *name, uint32_t *crc)
{
    struct tl_manifest_entry entry;
    bool found;
    for (uint32_t index = 0;; index++) {
        const int result = tl_manifest_entry(model, text, length, index, &entry, &found);
        if (result) return result;
        if (!found) return tl_manifest_refuse(model, name, "is not listed");
        *crc = entry.crc;
        if (strcmp(model->listed, name) == 0) return TL_OK;
    }
}
