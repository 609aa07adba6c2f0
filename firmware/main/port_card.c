#include "port_card.h"

#include "esp_heap_caps.h"
#include "port_card_rename.h"
#include "port_state.h"
#include "port_watchdog.h"
#include "tl_error.h"

struct port_file *port_card_file(struct port_card *card, int32_t handle)
{
    if (handle < 0 || handle >= PORT_MAX_FILES || !card->files[handle].open) return NULL;
    return &card->files[handle];
}

int32_t port_card_free_handle(const struct port_card *card)
{
    for (int32_t handle = 0; handle < PORT_MAX_FILES; handle++) {
        if (!card->files[handle].open) return handle;
    }
    return -1;
}

static void close_file(struct port_file *file)
{
    if (!file->open) return;
    f_close(&file->file);
    heap_caps_free(file->map);
    file->map = NULL;
    file->open = false;
}

/**
 * FatFs's link map: its own length, a pair of numbers for each stretch of the file, and a zero. A table that is too small
 * is told the length that it takes. When there is no memory for it, the file is read without.
 */
static void read_map(struct port_file *file)
{
    DWORD length = 1;
    file->file.cltbl = &length;
    const FRESULT result = f_lseek(&file->file, CREATE_LINKMAP);
    file->file.cltbl = NULL;
    if (result != FR_NOT_ENOUGH_CORE) return;
    file->map = heap_caps_malloc(length * sizeof *file->map, MALLOC_CAP_INTERNAL | MALLOC_CAP_8BIT);
    if (!file->map) return;
    file->map[0] = length;
    file->file.cltbl = file->map;
    if (f_lseek(&file->file, CREATE_LINKMAP) != FR_OK) file->file.cltbl = NULL;
}

void port_card_opened(struct port_card *card, int32_t handle)
{
    card->files[handle].open = true;
    read_map(&card->files[handle]);
}

int port_card_mount(void *ctx)
{
    struct port_card *card = &((struct port_state *)ctx)->card;
    port_watchdog_feed();
    for (int32_t handle = 0; handle < PORT_MAX_FILES; handle++) close_file(&card->files[handle]);
    card->listing.open = false;
    if (!port_slot_mount(&card->slot)) return -1;
    port_card_settle_rename(card);
    return 0;
}

int32_t port_card_open(void *ctx, const char *path)
{
    struct port_card *card = &((struct port_state *)ctx)->card;
    const int32_t handle = port_card_free_handle(card);
    port_watchdog_feed();
    if (handle < 0) return TL_ERR_CARD_READ;
    const FRESULT result = f_open(&card->files[handle].file, path, FA_READ);
    if (result == FR_NO_FILE || result == FR_NO_PATH || result == FR_INVALID_NAME) return TL_ERR_NO_FILE;
    if (result != FR_OK) return TL_ERR_CARD_READ;
    port_card_opened(card, handle);
    return handle;
}

int port_card_size(void *ctx, int32_t handle, uint32_t *bytes)
{
    const struct port_file *file = port_card_file(&((struct port_state *)ctx)->card, handle);
    if (!file) return TL_ERR_CARD_READ;
    *bytes = (uint32_t)f_size(&file->file);
    return 0;
}

void port_card_close(void *ctx, int32_t handle)
{
    struct port_file *file = port_card_file(&((struct port_state *)ctx)->card, handle);
    if (file) close_file(file);
}
