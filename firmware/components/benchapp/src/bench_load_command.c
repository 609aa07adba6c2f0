#include "bench_load_command.h"

#include <stddef.h>
#include <string.h>

#include "bench_card.h"
#include "bench_load.h"
#include "bench_log.h"
#include "bench_switch.h"

static void acknowledge_load(struct bench *bench, const struct bench_command *command, uint64_t since_us)
{
    const struct tl_hal *hal = &bench->port->hal;
    const struct tl_traffic *traffic = &bench->loaded.model.card.traffic;
    char extra[BENCH_MAX_ACK];
    struct bench_text text = bench_text_over(extra, sizeof extra);
    bench_text_add(&text, ",\"us\":");
    bench_text_uint(&text, hal->now_us(hal->ctx) - since_us);
    bench_text_add(&text, ",\"reads\":");
    bench_text_uint(&text, traffic->reads);
    bench_text_add(&text, ",\"seeks\":");
    bench_text_uint(&text, traffic->seeks);
    bench_text_add(&text, ",\"bytes\":");
    bench_text_uint(&text, traffic->bytes);
    if (bench->loaded.model.fast.flashed_bytes > 0) {
        bench_text_add(&text, ",\"flashed\":");
        bench_text_uint(&text, bench->loaded.model.fast.flashed_bytes);
    }
    bench_ack(bench, command, extra);
}

/** Reads `FOLDER [manifest=0] [verify=1]`. The folder, or NULL. */
static const char *read_load(struct bench_command *command, struct bench_load_options *options)
{
    const char *folder = bench_command_word(command);
    const char *word;
    *options = (struct bench_load_options){.bare = false};
    if (!folder || !bench_is_path(folder, TL_MAX_FOLDER)) return NULL;
    while ((word = bench_command_word(command)) != NULL) {
        if (strcmp(word, "manifest=0") == 0) options->bare = true;
        else if (strcmp(word, "verify=1") == 0) options->verify = true;
        else return NULL;
    }
    return folder;
}

/* The card is mounted anew each time: somebody may have changed it, and only now is no file of it open. */
void bench_command_load(struct bench *bench, struct bench_command *command)
{
    const struct tl_hal *hal = &bench->port->hal;
    const uint64_t since_us = hal->now_us(hal->ctx);
    struct bench_load_options options;
    struct bench_problem problem;
    const char *folder = read_load(command, &options);
    if (!folder) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "load takes one folder of the card, manifest=0 and verify=1");
        return;
    }
    bench_unload(bench);
    bench_card_mount(bench);
    if (!bench->card_mounted) {
        bench_refuse_line(bench, command->sequence, "no_card", "there is no SD card, or it cannot be mounted");
    } else if (!bench_load(bench, folder, options, &problem)) {
        bench_refuse(bench, command->sequence, &problem);
    } else {
        acknowledge_load(bench, command, since_us);
    }
}

static void say_not_loaded(const struct bench *bench, const struct bench_problem *problem)
{
    struct bench_log log;
    bench_log_begin(&log, bench, 'W', "tinyllm_inference");
    bench_text_add(&log.text, "No model loaded (");
    bench_text_add(&log.text, problem->code);
    bench_text_add(&log.text, ": ");
    bench_text_add(&log.text, problem->text.bytes);
    bench_text_add(&log.text, "), waiting for load");
    bench_log_send(&log, bench);
}

/** The first boot folder that the card has, or is being given; the first of all when it has none. */
static const char *boot_folder(const struct bench *bench)
{
    static const char *const folders[] = {BENCH_BOOT_FOLDER, BENCH_BOOT_FOLDER_INT8};
    char path[BENCH_MAX_PATH];
    uint32_t bytes;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        bench_card_path(path, folders[i], "", "model_config.json");
        if (bench_card_has(bench, path, &bytes) || bench_switch_pending(bench, folders[i])) return folders[i];
    }
    return folders[0];
}

void bench_boot_load(struct bench *bench)
{
    const struct bench_load_options options = {.bare = false};
    struct bench_problem problem;
    bench_card_mount(bench);
    if (bench->card_mounted) {
        bench_log_line(bench, 'I', "weight_loader", "SD card mounted successfully");
        if (bench_load(bench, boot_folder(bench), options, &problem)) {
            bench_log_line(bench, 'I', "tinyllm_inference", "Tiny-LLM inference engine initialized successfully");
            return;
        }
    } else {
        bench_log_line(bench, 'W', "weight_loader", "No SD card");
        bench_problem_begin(&problem, "no_card", "no SD card");
    }
    say_not_loaded(bench, &problem);
}
