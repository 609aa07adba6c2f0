#include "port_card.h"

#include <string.h>

#include "board.h"

/* What card_space() is asked for, by the numbers of ABI.md. */
enum { SPACE_TOTAL = 0, SPACE_FREE = 1, SPACE_CLUSTER = 2, SPACE_FAT_BITS = 3 };

/** What card_entry() says instead of a size. */
#define ENTRY_IS_FOLDER (-10)

static int32_t create(void *ctx, const char *path, uint32_t bytes)
{
    (void)ctx;
    return board_card_create(path, (uint32_t)strlen(path), bytes);
}

static int write(void *ctx, int32_t handle, uint32_t offset, const void *data, uint32_t bytes)
{
    (void)ctx;
    return board_card_write(handle, offset, data, bytes);
}

static int sync(void *ctx, int32_t handle)
{
    (void)ctx;
    return board_card_sync(handle);
}

static int rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    return board_card_rename(from, (uint32_t)strlen(from), to, (uint32_t)strlen(to));
}

static int remove(void *ctx, const char *path)
{
    (void)ctx;
    return board_card_remove(path, (uint32_t)strlen(path));
}

static int make_folder(void *ctx, const char *path)
{
    (void)ctx;
    return board_card_make_folder(path, (uint32_t)strlen(path));
}

static int list(void *ctx, const char *folder, uint32_t index, struct bench_card_entry *entry)
{
    (void)ctx;
    const double said = board_card_entry(folder, (uint32_t)strlen(folder), index, entry->name, sizeof entry->name);
    if (said < 0 && said != ENTRY_IS_FOLDER) return (int)said;
    entry->is_folder = said == ENTRY_IS_FOLDER;
    entry->bytes = entry->is_folder ? 0 : (uint32_t)said;
    return 0;
}

static int space(void *ctx, struct bench_card_space *space)
{
    (void)ctx;
    const double total = board_card_space(SPACE_TOTAL);
    if (total < 0) return (int)total;
    space->total = (uint64_t)total;
    space->free = (uint64_t)board_card_space(SPACE_FREE);
    space->cluster_bytes = (uint32_t)board_card_space(SPACE_CLUSTER);
    space->fat_bits = (uint32_t)board_card_space(SPACE_FAT_BITS);
    return 0;
}

static int fragments(void *ctx, const char *path, uint32_t *count)
{
    (void)ctx;
    const int32_t said = board_card_fragments(path, (uint32_t)strlen(path));
    if (said < 0) return said;
    *count = (uint32_t)said;
    return 0;
}

const struct bench_card_ops port_card = {
    .create = create,
    .write = write,
    .sync = sync,
    .rename = rename,
    .remove = remove,
    .make_folder = make_folder,
    .list = list,
    .space = space,
    .fragments = fragments,
};
