#include "tl_card.h"

#include <string.h>

#define MAX_PATH (TL_MAX_FOLDER + 32)

void tl_card_init(struct tl_card *card, const struct tl_hal *hal)
{
    memset(card, 0, sizeof *card);
    card->hal = hal;
    card->last_handle = -1;
}

static int fail(struct tl_fault *fault, const struct tl_file *file, int code)
{
    *fault = (struct tl_fault){.subject = file->name};
    return code;
}

/* The core's own file names are short; a folder that is too long finds nothing. */
static int join(char path[MAX_PATH], const char *folder, const char *name)
{
    const size_t folder_length = strlen(folder);
    const size_t name_length = strlen(name);
    if (folder_length > TL_MAX_FOLDER || folder_length + 1 + name_length >= MAX_PATH) return TL_ERR_NO_FILE;
    memcpy(path, folder, folder_length);
    path[folder_length] = '/';
    memcpy(path + folder_length + 1, name, name_length + 1);
    return TL_OK;
}

int tl_card_open(struct tl_card *card, const char *folder, const char *name, struct tl_file *file,
                 struct tl_fault *fault)
{
    const struct tl_hal *hal = card->hal;
    char path[MAX_PATH];
    *file = (struct tl_file){.name = name, .handle = -1};
    if (join(path, folder, name)) return fail(fault, file, TL_ERR_NO_FILE);
    const int32_t handle = hal->card_open(hal->ctx, path);
    if (handle < 0) return fail(fault, file, handle == TL_ERR_NO_FILE ? TL_ERR_NO_FILE : TL_ERR_CARD_READ);
    file->handle = handle;
    if (hal->card_size(hal->ctx, handle, &file->bytes) == 0) return TL_OK;
    tl_card_close(card, file);
    return fail(fault, file, TL_ERR_CARD_READ);
}

int tl_card_read(struct tl_card *card, const struct tl_file *file, uint32_t offset, void *target, uint32_t bytes,
                 struct tl_fault *fault)
{
    const struct tl_hal *hal = card->hal;
    const uint64_t begin_us = hal->now_us(hal->ctx);
    if (offset > file->bytes || bytes > file->bytes - offset) return fail(fault, file, TL_ERR_CARD_READ);
    const int seeks = card->last_handle != file->handle || card->last_end != offset;
    card->traffic.reads += 1;
    card->traffic.seeks += (uint32_t)seeks;
    card->traffic.bytes += bytes;
    card->last_handle = file->handle;
    card->last_end = offset + bytes;
    int result = hal->card_read_begin(hal->ctx, file->handle, offset, target, bytes);
    if (result == 0) result = hal->card_read_wait(hal->ctx);
    card->traffic.card_us += hal->now_us(hal->ctx) - begin_us;
    return result == 0 ? TL_OK : fail(fault, file, TL_ERR_CARD_READ);
}

void tl_card_close(struct tl_card *card, struct tl_file *file)
{
    if (file->handle < 0) return;
    card->hal->card_close(card->hal->ctx, file->handle);
    if (card->last_handle == file->handle) card->last_handle = -1;
    file->handle = -1;
}
