#include "tl_stream.h"

#include <stddef.h>

#include "tl_fast_size.h"

void tl_stream_open(struct tl_stream *s, struct tl_model *model, struct tl_step (*step)(const void *, uint32_t), const void *order,
                    uint32_t steps)
{
    *s = (struct tl_stream){.model = model, .step = step, .order = order, .steps = steps};
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/** As many rows as fit the buffer; a number that ends on a sector's end when one fits, so that no sector is read twice. */
static uint32_t chunk_rows(const struct tl_model *m, const struct tl_matrix *matrix)
{
    const uint32_t fitting = m->need.chunk_bytes / matrix->row_bytes;
    const uint32_t even = TL_CARD_SECTOR / common_divisor(TL_CARD_SECTOR, matrix->row_bytes);
    return fitting >= even ? fitting - fitting % even : fitting;
}

static uint32_t *reads_of(struct tl_model *m, enum tl_tensor tensor)
{
    if (tensor == tl_config_head(&m->config)) return &m->reads.head;
    return tensor < TL_GATE ? &m->reads.attention : &m->reads.mlp;
}

static struct tl_matrix *matrix_of(const struct tl_stream *s, enum tl_tensor tensor)
{
    return &s->model->weights.matrix[tensor];
}

/** Moves on to the next matrix that has to come from the card. False behind the last. */
static bool find_next(struct tl_stream *s)
{
    while (s->ahead < s->steps) {
        const struct tl_matrix *matrix = matrix_of(s, s->step(s->order, s->ahead).tensor);
        if (!matrix->resident && s->row < matrix->rows) return true;
        s->ahead++;
        s->row = 0;
    }
    return false;
}

static int begin(struct tl_stream *s)
{
    struct tl_model *m = s->model;
    if (!find_next(s)) return TL_OK;
    const struct tl_step step = s->step(s->order, s->ahead);
    const struct tl_matrix *matrix = matrix_of(s, step.tensor);
    const uint32_t rows = chunk_rows(m, matrix);
    const uint32_t left = matrix->rows - s->row;
    s->count = left < rows ? left : rows;
    const uint32_t offset = (step.layer * matrix->rows + s->row) * matrix->row_bytes;
    const int result = tl_card_read_begin(&m->card, &matrix->file, offset, m->fast.bounce[s->turn], s->count * matrix->row_bytes, &m->fault);
    *reads_of(m, step.tensor) += 1;
    s->reading = result == TL_OK;
    s->row += s->count;
    return result;
}

int tl_stream_next(struct tl_stream *s, struct tl_step step, uint32_t first, struct tl_rows *rows)
{
    struct tl_model *m = s->model;
    const struct tl_matrix *matrix = matrix_of(s, step.tensor);
    if (matrix->resident) {
        const uint64_t row = (uint64_t)step.layer * matrix->rows + first;
        *rows = tl_matrix_rows(matrix, step.layer, matrix->resident + row * matrix->row_bytes, matrix->rows - first);
        return TL_OK;
    }
    int result = s->reading ? TL_OK : begin(s);
    if (result) return result;
    s->reading = false;
    if ((result = tl_card_read_wait(&m->card, &m->fault))) return result;
    *rows = tl_matrix_rows(matrix, step.layer, m->fast.bounce[s->turn], s->count);
    s->turn = 1 - s->turn;
    return m->knobs.read_ahead ? begin(s) : TL_OK;
}

void tl_stream_close(struct tl_stream *s)
{
    struct tl_fault ignored;
    if (s->reading) tl_card_read_wait(&s->model->card, &ignored);
    s->reading = false;
}
