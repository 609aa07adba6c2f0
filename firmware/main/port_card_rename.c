#include "port_card_rename.h"

#include <string.h>

#include "bench_card_port.h"
#include "port_card_error.h"
#include "tl_crc32.h"

/*
 * FatFs renames in two steps: it writes the new entry, then deletes the old one. A power cut in between leaves two entries
 * of one chain of clusters, and whoever removes one of them takes the other one's content away, as the switch of
 * PROTOCOL.md would when it goes on ("removes the old one and moves the new one"). So the two names are written down first.
 * Mounting looks whether both are there with the same first cluster; then the old entry is made that of an empty file and
 * deleted. Every step of that can be cut and done again.
 */
#define INTENT "RENAME.TKR"
#define MAX_PATH 160

struct intent {
    char from[MAX_PATH];
    char to[MAX_PATH];
    uint32_t crc; /* over both */
};

static uint32_t crc_of(const struct intent *intent)
{
    return tl_crc32(0, intent, offsetof(struct intent, crc));
}

static int write_intent(FIL *file, const struct intent *intent)
{
    UINT written = 0;
    FRESULT result = f_open(file, INTENT, FA_WRITE | FA_CREATE_ALWAYS);
    if (result != FR_OK) return port_card_error(result);
    result = f_write(file, intent, sizeof *intent, &written);
    const FRESULT closed = f_close(file);
    if (result != FR_OK || closed != FR_OK) return port_card_error(result != FR_OK ? result : closed);
    return written == sizeof *intent ? 0 : BENCH_CARD_FULL;
}

static bool read_intent(FIL *file, struct intent *intent)
{
    UINT got = 0;
    if (f_open(file, INTENT, FA_READ) != FR_OK) return false;
    const FRESULT result = f_read(file, intent, sizeof *intent, &got);
    f_close(file);
    return result == FR_OK && got == sizeof *intent && intent->crc == crc_of(intent);
}

/** False: no such file. The cluster is 0 for an empty one. */
static bool first_cluster(FIL *file, const char *path, DWORD *cluster)
{
    if (f_open(file, path, FA_READ) != FR_OK) return false;
    *cluster = file->obj.sclust;
    f_close(file);
    return true;
}

/** Leaves the entry without its clusters, which go on belonging to the other entry; writing nothing marks it as changed. */
static bool detach(FIL *file, const char *path)
{
    UINT written;
    if (f_open(file, path, FA_READ | FA_WRITE) != FR_OK) return false;
    file->obj.sclust = 0;
    file->obj.objsize = 0;
    const FRESULT result = f_write(file, "", 0, &written);
    return f_close(file) == FR_OK && result == FR_OK;
}

static void settle(FIL *file, const struct intent *intent)
{
    DWORD from, to;
    if (!first_cluster(file, intent->from, &from) || !first_cluster(file, intent->to, &to)) return;
    /* Empty when the file was, or when settling it was cut before. Anything else is another file by now. */
    if (from != 0 && from != to) return;
    if (from == 0 || detach(file, intent->from)) f_unlink(intent->from);
}

void port_card_settle_rename(struct port_card *card)
{
    struct intent intent;
    if (read_intent(&card->spare, &intent)) settle(&card->spare, &intent);
    f_unlink(INTENT);
}

static int check_names(const char *from, const char *to)
{
    FILINFO info;
    FRESULT result = f_stat(from, &info);
    if (result != FR_OK) return port_card_error(result);
    if (info.fattrib & AM_DIR) return BENCH_CARD_FAILED;
    result = f_stat(to, &info);
    if (result == FR_OK) return BENCH_CARD_EXISTS;
    if (result == FR_NO_PATH) return BENCH_CARD_NO_FOLDER;
    return result == FR_NO_FILE ? 0 : port_card_error(result);
}

int port_card_rename_file(struct port_card *card, const char *from, const char *to)
{
    struct intent intent;
    memset(&intent, 0, sizeof intent);
    if (strlen(from) >= MAX_PATH || strlen(to) >= MAX_PATH) return BENCH_CARD_FAILED;
    strcpy(intent.from, from);
    strcpy(intent.to, to);
    intent.crc = crc_of(&intent);
    int error = check_names(from, to);
    if (!error) error = write_intent(&card->spare, &intent);
    if (!error) error = port_card_error(f_rename(from, to));
    f_unlink(INTENT);
    return error;
}
