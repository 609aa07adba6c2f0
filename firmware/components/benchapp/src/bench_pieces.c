#include "bench_pieces.h"

#include <stddef.h>
#include <string.h>

/** What memory is asked for, for people. */
static const char *const of_kind[] = {[BENCH_HEAP] = " bytes of internal heap", [BENCH_PSRAM] = " bytes of PSRAM"};

void *bench_piece_take(const struct bench *bench, enum bench_memory kind, uint32_t bytes, const char *what, struct bench_problem *problem)
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
    bench_text_add(&problem->text, " in one piece: ");
    bench_text_uint(&problem->text, usage.free);
    bench_text_add(&problem->text, " are free, the largest block has ");
    bench_text_uint(&problem->text, usage.largest);
    return NULL;
}

void bench_piece_give(const struct bench *bench, enum bench_memory kind, void *piece)
{
    bench->port->memory_give(bench->port->ctx, kind, piece);
}

/** Into `piece`, which stays NULL when its size is 0. */
static bool fill(const struct bench *bench, void **piece, enum bench_memory kind, uint32_t bytes, const char *what,
                 struct bench_problem *problem)
{
    if (bytes > 0) *piece = bench_piece_take(bench, kind, bytes, what, problem);
    return bytes == 0 || *piece;
}

/* The larger piece goes first, while the memory is in one. */
bool bench_pieces_of_psram(struct bench *bench, struct bench_problem *problem)
{
    struct tl_arenas *arenas = &bench->loaded.arenas;
    const struct tl_need *need = &bench->loaded.model.need;
    const bool resident_first = need->resident_bytes > need->psram_bytes;
    for (int i = 0; i < 2; i++) {
        const bool resident = resident_first == (i == 0);
        void **piece = resident ? &arenas->resident : &arenas->psram;
        const uint32_t bytes = resident ? need->resident_bytes : need->psram_bytes;
        const char *what = resident ? "what is resident of the model" : "the model";
        if (!fill(bench, piece, BENCH_PSRAM, bytes, what, problem)) return false;
    }
    bench->loaded.ids = bench_piece_take(bench, BENCH_PSRAM, (need->context + 1) * 4, "the prompt", problem);
    return bench->loaded.ids != NULL;
}

bool bench_pieces_of_heap(struct bench *bench, struct bench_problem *problem)
{
    struct tl_arenas *arenas = &bench->loaded.arenas;
    const struct tl_need *need = &bench->loaded.model.need;
    return fill(bench, &arenas->internal, BENCH_HEAP, need->internal_bytes, "the model", problem) &&
           fill(bench, &arenas->lists, BENCH_HEAP, need->list_bytes, "the screen's list (screen_rows)", problem) &&
           fill(bench, &arenas->bounce, BENCH_HEAP, need->bounce_bytes, "the model's bounce buffer (chunk_bytes)", problem);
}

void bench_pieces_give(struct bench *bench)
{
    struct bench_loaded *loaded = &bench->loaded;
    bench_piece_give(bench, BENCH_HEAP, loaded->arenas.internal);
    bench_piece_give(bench, BENCH_HEAP, loaded->arenas.lists);
    bench_piece_give(bench, BENCH_HEAP, loaded->arenas.bounce);
    bench_piece_give(bench, BENCH_PSRAM, loaded->arenas.psram);
    bench_piece_give(bench, BENCH_PSRAM, loaded->arenas.resident);
    bench_piece_give(bench, BENCH_PSRAM, loaded->ids);
    memset(&loaded->arenas, 0, sizeof loaded->arenas);
    loaded->ids = NULL;
}
