#include "port_card_look.h"

#include <string.h>

#include "port_card_error.h"
#include "port_state.h"
#include "port_watchdog.h"

#define SECTOR_BYTES 512u

/** Puts the listing before entry `index`, or earlier; FatFs only goes forward. */
static FRESULT seek_listing(struct port_listing *listing, const char *folder, uint32_t index)
{
    if (listing->open && listing->next <= index && strcmp(listing->path, folder) == 0) return FR_OK;
    listing->open = false;
    if (strlen(folder) >= sizeof listing->path) return FR_INVALID_NAME;
    const FRESULT result = f_opendir(&listing->folder, folder);
    if (result != FR_OK) return result;
    strcpy(listing->path, folder);
    listing->next = 0;
    listing->open = true;
    return FR_OK;
}

/** A name is cut where it is longer than an entry's: nothing that this firmware writes is. */
static void fill(struct bench_card_entry *entry, const FILINFO *info)
{
    strlcpy(entry->name, info->fname, sizeof entry->name);
    entry->is_folder = (info->fattrib & AM_DIR) != 0;
    entry->bytes = entry->is_folder ? 0 : (uint32_t)info->fsize;
}

int port_card_list(void *ctx, const char *folder, uint32_t index, struct bench_card_entry *entry)
{
    struct port_listing *listing = &((struct port_state *)ctx)->card.listing;
    FILINFO info;
    port_watchdog_feed();
    FRESULT result = seek_listing(listing, folder, index);
    if (result == FR_NO_PATH || result == FR_NO_FILE) return BENCH_CARD_NO_FOLDER;
    while (result == FR_OK && listing->next <= index) {
        result = f_readdir(&listing->folder, &info);
        if (result == FR_OK && info.fname[0] == '\0') break;
        listing->next++;
    }
    if (result == FR_OK && listing->next == index + 1) {
        fill(entry, &info);
        return 0;
    }
    listing->open = false;
    return result == FR_OK ? BENCH_CARD_NO_FILE : port_card_error(result);
}

static uint32_t bits_of(const FATFS *volume)
{
    switch (volume->fs_type) {
    case FS_FAT12: return 12;
    case FS_FAT16: return 16;
    case FS_FAT32: return 32;
    case FS_EXFAT: return 64;
    default: return 0;
    }
}

int port_card_space(void *ctx, struct bench_card_space *space)
{
    (void)ctx;
    FATFS *volume;
    DWORD free_clusters;
    port_watchdog_feed();
    const FRESULT result = f_getfree("", &free_clusters, &volume);
    if (result != FR_OK) return port_card_error(result);
    space->cluster_bytes = volume->csize * SECTOR_BYTES;
    space->total = (uint64_t)(volume->n_fatent - 2) * space->cluster_bytes;
    space->free = (uint64_t)free_clusters * space->cluster_bytes;
    space->fat_bits = bits_of(volume);
    return 0;
}

/** The length that a file's link map takes tells the number of its stretches, however small the table. */
int port_card_fragments(void *ctx, const char *path, uint32_t *count)
{
    FIL *file = &((struct port_state *)ctx)->card.spare;
    DWORD length = 1;
    port_watchdog_feed();
    FRESULT result = f_open(file, path, FA_READ);
    if (result != FR_OK) return port_card_error(result);
    file->cltbl = &length;
    result = f_lseek(file, CREATE_LINKMAP);
    f_close(file);
    if (result != FR_OK && result != FR_NOT_ENOUGH_CORE) return port_card_error(result);
    *count = (length - 2) / 2;
    return 0;
}
