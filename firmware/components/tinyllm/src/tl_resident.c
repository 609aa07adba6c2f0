#include "tl_resident.h"

#include <stddef.h>
#include <string.h>

#include "tl_fast_size.h"
#include "tl_place.h"

/** Begins the read of the piece at `at`; whole sectors but for the file's end. */
static int begin(struct tl_model *m, const struct tl_file *file, uint32_t at, uint32_t turn, uint32_t *bytes)
{
    const uint32_t piece = m->need.chunk_bytes & ~(TL_CARD_SECTOR - 1);
    *bytes = file->bytes - at < piece ? file->bytes - at : piece;
    return tl_card_read_begin(&m->card, file, at, m->fast.bounce[turn], *bytes, &m->fault);
}

/** A whole file to PSRAM, where DMA cannot reach: each piece is copied on while the next one is read. */
static int copy_file(struct tl_model *m, const struct tl_file *file, unsigned char *target)
{
    uint32_t turn = 0;
    uint32_t bytes, next_bytes = 0;
    int result = begin(m, file, 0, turn, &bytes);
    for (uint32_t at = 0; result == TL_OK && at < file->bytes; at += bytes, bytes = next_bytes) {
        result = tl_card_read_wait(&m->card, &m->fault);
        if (result == TL_OK && at + bytes < file->bytes) result = begin(m, file, at + bytes, 1 - turn, &next_bytes);
        if (result) break;
        memcpy(target + at, m->fast.bounce[turn], bytes);
        tl_charge(m->hal, TL_KERNEL_COPY, bytes, target + at, tl_written_bytes(bytes));
        turn = 1 - turn;
    }
    return result;
}

static int bring_matrix(struct tl_model *m, struct tl_matrix *matrix, unsigned char **arena)
{
    unsigned char *target = tl_carve(arena, matrix->file.bytes);
    const int result = copy_file(m, &matrix->file, target);
    if (result == TL_OK) matrix->resident = target;
    return result;
}

static int bring_screen(struct tl_model *m, unsigned char **arena)
{
    const struct tl_file *file = &m->weights.screen_file;
    unsigned char *target = tl_carve(arena, file->bytes);
    int result = copy_file(m, file, target);
    if (result == TL_OK) {
        const uint32_t groups = (m->config.hidden + TL_GROUP - 1) / TL_GROUP;
        const uint32_t row_bytes = 2 * groups + (groups + 1) / 2;
        result = tl_screen_over(&m->fast.screen, target, m->config.vocab, m->config.hidden);
        tl_charge(m->hal, TL_KERNEL_SCREEN, m->config.vocab * groups, m->fast.screen.scales, m->config.vocab * row_bytes);
    }
    if (result == TL_ERR_BAD_WEIGHTS) m->fault = (struct tl_fault){.file = file->name, .subject = file->name};
    return result;
}

static int bring_layers(struct tl_model *m, unsigned char **arena)
{
    int result = TL_OK;
    for (int i = 0; result == TL_OK && i < 7; i++) result = bring_matrix(m, &m->weights.matrix[tl_layer_order[i]], arena);
    return result;
}

int tl_resident_bring(struct tl_model *m, unsigned char *arena)
{
    const uint32_t what = m->need.resident;
    struct tl_matrix *matrix = m->weights.matrix;
    int result = TL_OK;
    for (int t = 0; t < TL_TENSOR_COUNT; t++) matrix[t].resident = NULL;
    if (what & TL_HEAD_IN_PSRAM) result = bring_matrix(m, &matrix[tl_config_head(&m->config)], &arena);
    if (result == TL_OK && (what & TL_SCREEN_IN_PSRAM)) result = bring_screen(m, &arena);
    if (result == TL_OK && (what & TL_LAYERS_IN_PSRAM)) result = bring_layers(m, &arena);
    if (result == TL_OK && (what & TL_LAYERS_IN_FLASH)) result = tl_resident_flash(m);
    if (result == TL_OK && (what & TL_EMBED_IN_PSRAM)) result = bring_matrix(m, &matrix[TL_EMBED], &arena);
    return result;
}
