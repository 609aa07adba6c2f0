#include "tl_card.h"

#include <stddef.h>
#include <string.h>

#define MAX_PATH (TL_MAX_FOLDER + 1 + TL_MAX_NAME + 1)

void tl_card_init(struct tl_card *card, const struct tl_hal *hal)
{
    memset(card, 0, sizeof *card);
    card->hal = hal;
    card->last_handle = -1;
}

static int fail(struct tl_fault *fault, const struct tl_file *file, int code)
{
    *fault = (struct tl_fault){.file = file->name, .subject = file->name};
    return code;
}

/* The core's own file names are short; a folder that is too long finds nothing. */
static int join(char path[MAX_PATH], const char *folder, const char *name)
{
    const size_t folder_length = strlen(folder);
    const size_t name_length = strlen(name);
    if (folder_length > TL_MAX_FOLDER || name_length > TL_MAX_NAME) return TL_ERR_NO_FILE;
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

static void count_read(struct tl_card *card, int32_t handle, uint32_t offset, uint32_t bytes)
{
    const int seeks = card->last_handle != handle || card->last_end != offset;
    card->traffic.reads += 1;
    card->traffic.seeks += (uint32_t)seeks;
    card->traffic.bytes += bytes;
    card->last_handle = handle;
    card->last_end = offset + bytes;
}

int tl_card_read_begin(struct tl_card *card, const struct tl_file *file, uint32_t offset, void *target, uint32_t bytes,
                       struct tl_fault *fault)
{
    const struct tl_hal *hal = card->hal;
    if (offset > file->bytes || bytes > file->bytes - offset) return fail(fault, file, TL_ERR_CARD_READ);
    card->begun_us = hal->now_us(hal->ctx);
    count_read(card, file->handle, offset, bytes);
    if (hal->card_read_begin(hal->ctx, file->handle, offset, target, bytes)) return fail(fault, file, TL_ERR_CARD_READ);
    card->reading = file->name;
    return TL_OK;
}

int tl_card_read_wait(struct tl_card *card, struct tl_fault *fault)
{
    const struct tl_hal *hal = card->hal;
    if (!card->reading) return TL_OK;
    const struct tl_file file = {.name = card->reading};
    card->reading = NULL;
    const int result = hal->card_read_wait(hal->ctx);
    card->traffic.card_us += hal->now_us(hal->ctx) - card->begun_us;
    return result == 0 ? TL_OK : fail(fault, &file, TL_ERR_CARD_READ);
}

int tl_card_read(struct tl_card *card, const struct tl_file *file, uint32_t offset, void *target, uint32_t bytes,
                 struct tl_fault *fault)
{
    const int result = tl_card_read_begin(card, file, offset, target, bytes, fault);
    return result ? result : tl_card_read_wait(card, fault);
}

void tl_card_close(struct tl_card *card, struct tl_file *file)
{
    if (file->handle < 0) return;
    card->hal->card_close(card->hal->ctx, file->handle);
    if (card->last_handle == file->handle) card->last_handle = -1;
    file->handle = -1;
}
