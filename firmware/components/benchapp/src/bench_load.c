#include "bench_load.h"

#include <stddef.h>
#include <string.h>

#include "bench_knobs.h"
#include "bench_log.h"
#include "bench_pieces.h"
#include "bench_switch.h"

/** Bytes of a file that are read at once to be verified. */
#define VERIFY_BYTES 16384u

void bench_unload(struct bench *bench)
{
    struct bench_loaded *loaded = &bench->loaded;
    tl_model_close(&loaded->model);
    bench_pieces_give(bench);
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
    void *scratch = bench_piece_take(bench, BENCH_PSRAM, TL_CONFIG_MAX_BYTES, "reading the configuration", problem);
    if (!scratch) return false;
    const int result = tl_model_open(&loaded->model, &bench->port->hal, loaded->folder, scratch);
    bench_piece_give(bench, BENCH_PSRAM, scratch);
    return core_said(bench, result, problem);
}

static bool verify_model(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    void *scratch = bench_piece_take(bench, BENCH_HEAP, VERIFY_BYTES, "verifying", problem);
    if (!scratch) return false;
    const int result = tl_model_verify(&loaded->model, loaded->folder, scratch, VERIFY_BYTES);
    bench_piece_give(bench, BENCH_HEAP, scratch);
    return core_said(bench, result, problem);
}

/**
 * PSRAM that a plan is cut by when its pieces were not to be had although they are no more than was free: allocators have
 * headers, round up, and have gaps.
 */
#define REPLAN_BYTES 16384u

/** Plans with less and less that is resident until PSRAM holds the pieces. */
static bool plan_psram(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    struct tl_knobs knobs = bench_knobs_for(bench, loaded->model.config.max_context);
    for (;;) {
        if (!core_said(bench, tl_model_plan(&loaded->model, &knobs), problem)) return false;
        if (bench_pieces_of_psram(bench, problem)) return true;
        bench_pieces_give(bench);
        if (loaded->model.need.resident_bytes == 0) return false;
        knobs.psram_bytes -= knobs.psram_bytes < REPLAN_BYTES ? knobs.psram_bytes : REPLAN_BYTES;
    }
}

static bool place_model(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    if (!plan_psram(bench, problem) || !bench_pieces_of_heap(bench, problem)) return false;
    return core_said(bench, tl_model_place(&loaded->model, &loaded->arenas), problem);
}

/* Without its screen a model runs some twenty times slower, and nothing else would say why. */
static void say_left_out(const struct bench *bench)
{
    const struct tl_model *model = &bench->loaded.model;
    struct bench_log log;
    bench_log_begin(&log, bench, 'W', "tinyllm_inference");
    bench_text_add(&log.text, "The head's screen (");
    bench_text_uint(&log.text, model->weights.screen_file.bytes);
    bench_text_add(&log.text, " bytes) has no room in PSRAM, so every token takes the whole head. Context that would leave it room: ");
    bench_text_uint(&log.text, model->need.screen_context);
    bench_log_send(&log, bench);
}

/** The manifest comes last and goes first, so a folder without one is not whole, or nobody's of ours. */
static bool has_manifest(const struct bench *bench, bool bare, struct bench_problem *problem)
{
    if (bare || bench->loaded.model.weights.has_manifest) return true;
    bench_problem_begin(problem, "bad_card", bench->loaded.folder);
    bench_text_add(&problem->text, " has no manifest.json: provision it, or load it with manifest=0");
    return false;
}

bool bench_load(struct bench *bench, const char *folder, struct bench_load_options options, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    bench_unload(bench);
    memcpy(loaded->folder, folder, strlen(folder) + 1);
    loaded->ready = bench_switch_settle(bench, folder, problem) && open_model(bench, problem) &&
                    has_manifest(bench, options.bare, problem) && (!options.verify || verify_model(bench, problem)) &&
                    place_model(bench, problem);
    if (!loaded->ready) bench_unload(bench);
    else if (loaded->model.need.screen_left_out) say_left_out(bench);
    return loaded->ready;
}
