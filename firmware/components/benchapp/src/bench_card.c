#include "bench_card.h"

#include <string.h>

#include "tl_crc32.h"

bool bench_is_path(const char *word, uint32_t max)
{
    const size_t length = strlen(word);
    if (length == 0 || length > max || word[0] == '/' || strstr(word, "..")) return false;
    for (const char *c = word; *c; c++) {
        const bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        if (!letter && !(*c >= '0' && *c <= '9') && !strchr("._-/", *c)) return false;
    }
    return true;
}

void bench_card_mount(struct bench *bench)
{
    bench->card_mounted = bench->port->card_mount(bench->port->ctx) == 0;
}

bool bench_card_ready(struct bench *bench, const struct bench_command *command, bool writes)
{
    if (writes && !bench->port->card) {
        bench_refuse_line(bench, command->sequence, "read_only", "this build cannot write to its card");
        return false;
    }
    if (!bench->card_mounted) bench_card_mount(bench);
    if (bench->card_mounted) return true;
    bench_refuse_line(bench, command->sequence, "no_card", "there is no SD card, or it cannot be mounted");
    return false;
}

void bench_card_path(char path[BENCH_MAX_PATH], const char *folder, const char *suffix, const char *name)
{
    struct bench_text text = bench_text_over(path, BENCH_MAX_PATH);
    bench_text_add(&text, folder);
    bench_text_add(&text, suffix);
    if (name) bench_text_char(&text, '/');
    if (name) bench_text_add(&text, name);
}

void bench_problem_of_card(struct bench_problem *problem, int result, const char *path)
{
    const char *code = "card_write";
    const char *what = " could not be written";
    if (result == BENCH_CARD_NO_FILE || result == BENCH_CARD_NO_FOLDER) code = "no_file", what = " is not on the card";
    if (result == BENCH_CARD_FULL) code = "card_full", what = " has no room on the card";
    if (result == BENCH_CARD_READ_ONLY) code = "read_only", what = ": the card is locked against writing";
    bench_problem_begin(problem, code, "");
    bench_text_tame(&problem->text, path);
    bench_text_add(&problem->text, what);
}

int32_t bench_card_open(const struct bench *bench, const char *path, uint32_t *bytes)
{
    const struct tl_hal *hal = &bench->port->hal;
    const int32_t handle = hal->card_open(hal->ctx, path);
    if (handle == TL_ERR_NO_FILE) return BENCH_CARD_NO_FILE;
    if (handle < 0) return BENCH_CARD_FAILED;
    if (hal->card_size(hal->ctx, handle, bytes) == 0) return handle;
    bench_card_close(bench, handle);
    return BENCH_CARD_FAILED;
}

void bench_card_close(const struct bench *bench, int32_t handle)
{
    const struct tl_hal *hal = &bench->port->hal;
    if (handle >= 0) hal->card_close(hal->ctx, handle);
}

int bench_card_read(const struct bench *bench, int32_t handle, uint32_t offset, void *target, uint32_t bytes)
{
    const struct tl_hal *hal = &bench->port->hal;
    if (hal->card_read_begin(hal->ctx, handle, offset, target, bytes) != 0) return BENCH_CARD_FAILED;
    return hal->card_read_wait(hal->ctx) == 0 ? 0 : BENCH_CARD_FAILED;
}

bool bench_card_has(const struct bench *bench, const char *path, uint32_t *bytes)
{
    const int32_t handle = bench_card_open(bench, path, bytes);
    bench_card_close(bench, handle);
    return handle >= 0;
}

uint32_t bench_card_crc(const struct bench *bench, uint32_t crc, const void *data, uint32_t bytes)
{
    tl_charge(&bench->port->hal, TL_KERNEL_CRC, bytes, data, 0);
    return tl_crc32(crc, data, bytes);
}
