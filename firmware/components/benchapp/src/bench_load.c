#include "bench_load.h"

#include <stddef.h>
#include <string.h>

#include "bench_knobs.h"
#include "bench_switch.h"

/** Bytes of a file that are read at once to be verified. */
#define VERIFY_BYTES 16384u

/** What memory is asked for, for people. */
static const char *const of_kind[] = {[BENCH_HEAP] = " bytes of internal heap, ", [BENCH_PSRAM] = " bytes of PSRAM, "};

/** A piece of memory for `what`, or NULL with the problem. */
static void *take(const struct bench *bench, enum bench_memory kind, uint32_t bytes, const char *what,
                  struct bench_problem *problem)
{
    const struct bench_port *port = bench->port;
    void *piece = port->memory_take(port->ctx, kind, bytes);
    if (piece) return piece;
    struct bench_usage usage;
    port->memory_usage(port->ctx, kind, &usage);
    bench_problem_begin(problem, "no_memory", what);
    bench_text_add(&problem->text, " needs ");
    bench_text_uint(&problem->text, bytes);
    bench_text_add(&problem->text, of_kind[kind]);
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
    give(bench, BENCH_PSRAM, loaded->resident);
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
    void *scratch = take(bench, BENCH_PSRAM, TL_CONFIG_MAX_BYTES, "reading the configuration", problem);
    if (!scratch) return false;
    const int result = tl_model_open(&loaded->model, &bench->port->hal, loaded->folder, scratch);
    give(bench, BENCH_PSRAM, scratch);
    return core_said(bench, result, problem);
}

static bool verify_model(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    void *scratch = take(bench, BENCH_HEAP, VERIFY_BYTES, "verifying", problem);
    if (!scratch) return false;
    const int result = tl_model_verify(&loaded->model, loaded->folder, scratch, VERIFY_BYTES);
    give(bench, BENCH_HEAP, scratch);
    return core_said(bench, result, problem);
}

/** One of the model's pieces into `piece`, which stays NULL when its size is 0. */
static bool take_piece(const struct bench *bench, void **piece, enum bench_memory kind, uint32_t bytes, const char *what,
                       struct bench_problem *problem)
{
    if (bytes > 0) *piece = take(bench, kind, bytes, what, problem);
    return bytes == 0 || *piece;
}

/* The larger piece goes first, while the memory is in one. */
static bool take_psram(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    const struct tl_need *need = &loaded->model.need;
    const bool resident_first = need->resident_bytes > need->psram_bytes;
    for (int i = 0; i < 2; i++) {
        const bool resident = resident_first == (i == 0);
        void **piece = resident ? &loaded->resident : &loaded->psram;
        const uint32_t bytes = resident ? need->resident_bytes : need->psram_bytes;
        const char *what = resident ? "what is resident of the model" : "the model";
        if (!take_piece(bench, piece, BENCH_PSRAM, bytes, what, problem)) return false;
    }
    return true;
}

static bool take_memory(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    const struct tl_need *need = &loaded->model.need;
    if (!take_psram(bench, problem)) return false;
    loaded->ids = take(bench, BENCH_PSRAM, (need->context + 1) * 4, "the prompt", problem);
    if (!loaded->ids) return false;
    return take_piece(bench, &loaded->internal, BENCH_HEAP, need->internal_bytes, "the model", problem);
}

static bool place_model(struct bench *bench, struct bench_problem *problem)
{
    struct bench_loaded *loaded = &bench->loaded;
    const struct tl_knobs knobs = bench_knobs_for(bench, loaded->model.config.max_context);
    if (!core_said(bench, tl_model_plan(&loaded->model, &knobs), problem)) return false;
    if (!take_memory(bench, problem)) return false;
    const int result = tl_model_place(&loaded->model, loaded->internal, loaded->psram, loaded->resident);
    return core_said(bench, result, problem);
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
    return loaded->ready;
}
