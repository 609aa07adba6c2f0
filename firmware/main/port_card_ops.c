#include "port_card_ops.h"

#include "port_card_error.h"
#include "port_card_look.h"
#include "port_card_rename.h"
#include "port_state.h"
#include "port_watchdog.h"

/** Ready for a change of the card: what is known of a folder's entries may not hold any more. */
static struct port_card *changing(void *ctx)
{
    struct port_card *card = &((struct port_state *)ctx)->card;
    card->listing.open = false;
    port_watchdog_feed();
    return card;
}

static FRESULT truncate_at(FIL *file, uint32_t bytes)
{
    const FRESULT result = f_lseek(file, bytes);
    return result == FR_OK ? f_truncate(file) : result;
}

/** FatFs stops short where no cluster is left, and says that all went well. */
static int extend_to(FIL *file, uint32_t bytes)
{
    const uint32_t before = (uint32_t)f_size(file);
    const FRESULT result = f_lseek(file, bytes);
    if (result == FR_OK && f_tell(file) == bytes) return 0;
    truncate_at(file, before);
    return result == FR_OK ? BENCH_CARD_FULL : port_card_error(result);
}

/** An empty file may be given neighbouring clusters in one go; when there are none, or it holds something, any will do. */
static int resize(FIL *file, uint32_t bytes)
{
    if (f_size(file) > bytes) return port_card_error(truncate_at(file, bytes));
    if (f_size(file) == bytes) return 0;
    if (f_size(file) == 0 && f_expand(file, bytes, 1) == FR_OK) return 0;
    return extend_to(file, bytes);
}

static int open_for_writing(FIL *file, const char *path)
{
    const FRESULT result = f_open(file, path, FA_READ | FA_WRITE | FA_OPEN_ALWAYS);
    if (result == FR_NO_PATH) return BENCH_CARD_NO_FOLDER;
    /* No entry is left in the folder, or a folder has this name: bench_card_port.h tells the first from other failures. */
    if (result == FR_DENIED) return f_stat(path, NULL) == FR_OK ? BENCH_CARD_FAILED : BENCH_CARD_FULL;
    return port_card_error(result);
}

/** A cut in the middle may leave an empty file of that name where there was none; it is no different from a missing one. */
static int32_t create_file(void *ctx, const char *path, uint32_t bytes)
{
    struct port_card *card = changing(ctx);
    const int32_t handle = port_card_free_handle(card);
    if (handle < 0) return BENCH_CARD_FAILED;
    FIL *file = &card->files[handle].file;
    const bool is_new = f_stat(path, NULL) == FR_NO_FILE;
    int error = open_for_writing(file, path);
    if (error) return error;
    error = resize(file, bytes);
    if (!error) error = port_card_error(f_sync(file));
    if (!error) {
        port_card_opened(card, handle);
        return handle;
    }
    f_close(file);
    if (is_new) f_unlink(path);
    return error;
}

static int write_file(void *ctx, int32_t handle, uint32_t offset, const void *data, uint32_t bytes)
{
    struct port_file *file = port_card_file(changing(ctx), handle);
    UINT written = 0;
    if (!file) return BENCH_CARD_FAILED;
    if (offset > f_size(&file->file) || bytes > f_size(&file->file) - offset) return BENCH_CARD_PAST_END;
    FRESULT result = f_lseek(&file->file, offset);
    if (result == FR_OK) result = f_write(&file->file, data, bytes, &written);
    if (result != FR_OK) return port_card_error(result);
    return written == bytes ? 0 : BENCH_CARD_FAILED;
}

static int sync_file(void *ctx, int32_t handle)
{
    struct port_file *file = port_card_file(changing(ctx), handle);
    return file ? port_card_error(f_sync(&file->file)) : BENCH_CARD_FAILED;
}

static int rename_file(void *ctx, const char *from, const char *to)
{
    return port_card_rename_file(changing(ctx), from, to);
}

static int remove_entry(void *ctx, const char *path)
{
    changing(ctx);
    return port_card_error(f_unlink(path));
}

static int make_folder(void *ctx, const char *path)
{
    FILINFO info;
    changing(ctx);
    const FRESULT result = f_mkdir(path);
    if (result == FR_EXIST) return f_stat(path, &info) == FR_OK && (info.fattrib & AM_DIR) ? 0 : BENCH_CARD_FAILED;
    if (result == FR_NO_PATH) return BENCH_CARD_NO_FOLDER;
    return result == FR_DENIED ? BENCH_CARD_FULL : port_card_error(result);
}

const struct bench_card_ops port_card_ops = {
    .create = create_file,
    .write = write_file,
    .sync = sync_file,
    .rename = rename_file,
    .remove = remove_entry,
    .make_folder = make_folder,
    .list = port_card_list,
    .space = port_card_space,
    .fragments = port_card_fragments,
};
