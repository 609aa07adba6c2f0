#include "bench_load.h"

#include <stddef.h>
#include <string.h>

#include "bench_card.h"
#include "bench_knobs.h"
#include "bench_log.h"
#include "bench_switch.h"

static void *take(const struct bench *bench, enum bench_memory kind, uint32_t bytes, struct bench_problem *problem)
{
    const struct bench_port *port = bench->port;
    void *piece = port->memory_take(port->ctx, kind, bytes);
    if (piece) return piece;
    struct bench_usage usage;
    port->memory_usage(port->ctx, kind, &usage);
    bench_problem_begin(problem, "no_memory", "the model needs ");
    bench_text_uint(&problem->text, bytes);
    bench_text_add(&problem->text, kind == BENCH_PSRAM ? " bytes of PSRAM, " : " bytes of internal heap, ");
    bench_text_uint(&problem->text, usage.free);
    bench_text_add(&problem->text, " are free");
    return NULL;
}

static void give(const struct bench *bench, enum bench_memory kind, void *piece)
{
    bench->port->memory_give(bench->port->ctx, kind, piece);
}

void bench_unload(struct bench *bench)
{
    struct bench_loaded *loaded = &bench->loaded;
    tl_model_close(&loaded->model);
    give(bench, BENCH_HEAP, loaded->internal);
    give(bench, BENCH_PSRAM, loaded->psram);
    give(bench, BENCH_PSRAM, loaded->ids);
    memset(loaded, 0, sizeof *loaded);
}

static bool core_said(const struct bench *bench, int result, struct bench_problem *problem)
{
    if (result == TL_OK) return true;
    bench_problem_of_core(problem, result, &bench->loaded.model.fault, bench->loaded.folder);
    return false;
}

static bool open_model(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    void *scratch = take(bench, BENCH_PSRAM, TL_CONFIG_MAX_BYTES, problem);
    if (!scratch) return false;
    const int result = tl_model_open(&loaded->model, &bench->port->hal, loaded->folder, scratch);
    give(bench, BENCH_PSRAM, scratch);
    return core_said(bench, result, problem);
}

static bool take_memory(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    const struct tl_need *need = &loaded->model.need;
    loaded->psram = take(bench, BENCH_PSRAM, need->psram_bytes, problem);
    if (!loaded->psram) return false;
    loaded->ids = take(bench, BENCH_PSRAM, (need->context + 1) * 4, problem);
    if (!loaded->ids) return false;
    if (need->internal_bytes == 0) return true;
    loaded->internal = take(bench, BENCH_HEAP, need->internal_bytes, problem);
    return loaded->internal != NULL;
}

static bool place_model(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    const struct tl_knobs knobs = bench_knobs_for(bench, loaded->model.config.max_context);
    if (!core_said(bench, tl_model_plan(&loaded->model, &knobs), problem)) return false;
    if (!take_memory(bench, problem)) return false;
    return core_said(bench, tl_model_place(&loaded->model, loaded->internal, loaded->psram), problem);
}

/** The manifest comes last and goes first, so a folder without one is not whole, or nobody's of ours. */
static bool has_manifest(const struct bench *bench, bool bare, struct bench_problem *problem)
{
    if (bare || bench->loaded.model.weights.has_manifest) return true;
    bench_problem_begin(problem, "bad_card", bench->loaded.folder);
    bench_text_add(&problem->text, " has no manifest.json: provision it, or load it with manifest=0");
    return false;
}

bool bench_load(struct bench *bench, const char *folder, bool bare, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    bench_unload(bench);
    memcpy(loaded->folder, folder, strlen(folder) + 1);
    loaded->ready = bench_switch_settle(bench, folder, problem) && open_model(bench, problem) &&
                    has_manifest(bench, bare, problem) && place_model(bench, problem);
    if (!loaded->ready) bench_unload(bench);
    return loaded->ready;
}

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
    bench_ack(bench, command, extra);
}

/* The card is mounted anew each time: somebody may have changed it, and only now is no file of it open. */
void bench_command_load(struct bench *bench, struct bench_command *command)
{
    const struct tl_hal *hal = &bench->port->hal;
    const uint64_t since_us = hal->now_us(hal->ctx);
    struct bench_problem problem;
    const char *folder = bench_command_word(command);
    const char *option = folder ? bench_command_word(command) : NULL;
    const bool bare = option && strcmp(option, "manifest=0") == 0;
    if (!folder || !bench_is_path(folder, TL_MAX_FOLDER) || (option && !bare) || bench_command_word(command)) {
        bench_refuse_line(bench, command->sequence, "bad_arg", "load takes one folder of the card, and manifest=0");
        return;
    }
    bench_unload(bench);
    bench_card_mount(bench);
    if (!bench->card_mounted) {
        bench_refuse_line(bench, command->sequence, "no_card", "there is no SD card, or it cannot be mounted");
    } else if (!bench_load(bench, folder, bare, &problem)) {
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

void bench_boot_load(struct bench *bench)
{
    struct bench_problem problem;
    bench_card_mount(bench);
    if (bench->card_mounted) {
        bench_log_line(bench, 'I', "weight_loader", "SD card mounted successfully");
        if (bench_load(bench, BENCH_BOOT_FOLDER, false, &problem)) {
            bench_log_line(bench, 'I', "tinyllm_inference", "Tiny-LLM inference engine initialized successfully");
            return;
        }
    } else {
        bench_log_line(bench, 'W', "weight_loader", "No SD card");
        bench_problem_begin(&problem, "no_card", "no SD card");
    }
    say_not_loaded(bench, &problem);
}
