#include "native_placed.h"

#include <stdlib.h>
#include <string.h>

#include "native_check.h"

struct tl_knobs seed_knobs(uint32_t context, uint32_t head_rows, uint32_t mlp_bytes)
{
    return (struct tl_knobs){.strategy = TL_SEED, .context = context, .head_rows = head_rows, .mlp_bytes = mlp_bytes};
}

static void *exact(uint32_t bytes)
{
    void *memory = malloc(bytes > 0 ? bytes : 1);
    if (!memory) abort();
    memset(memory, 0xff, bytes);
    return memory;
}

void placed_prepare(struct placed *placed, struct native_port *native, const char *folder, struct tl_knobs knobs)
{
    void *scratch = exact(TL_CONFIG_MAX_BYTES);
    EQUAL(tl_model_open(&placed->model, &native->port.hal, folder, scratch), TL_OK);
    free(scratch);
    EQUAL(tl_model_plan(&placed->model, &knobs), TL_OK);
    const struct tl_need *need = &placed->model.need;
    placed->arenas = (struct tl_arenas){
        .internal = exact(need->internal_bytes), .bounce = exact(need->bounce_bytes), .lists = exact(need->list_bytes),
        .psram = exact(need->psram_bytes), .resident = exact(need->resident_bytes),
    };
}

int placed_fill(struct placed *placed)
{
    return tl_model_place(&placed->model, &placed->arenas);
}

void placed_begin(struct placed *placed, struct native_port *native, const char *folder, struct tl_knobs knobs)
{
    placed_prepare(placed, native, folder, knobs);
    EQUAL(placed_fill(placed), TL_OK);
}

void placed_end(struct placed *placed)
{
    tl_model_close(&placed->model);
    free(placed->arenas.internal);
    free(placed->arenas.bounce);
    free(placed->arenas.lists);
    free(placed->arenas.psram);
    free(placed->arenas.resident);
}

int placed_pass(struct placed *placed, uint32_t token, uint32_t pos, enum tl_want want)
{
    return tl_forward(&placed->model, &token, 1, pos, want);
}
