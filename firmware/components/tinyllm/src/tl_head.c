#include "tl_head.h"

#include <stddef.h>

#include "tl_bits.h"
#include "tl_fast_cores.h"
#include "tl_fast_multiply.h"

/** Of a row that was not computed, or whose logit was not kept. */
#define UNSET_BITS 0x7fc00001u

/** Logits that a core which keeps only the best has at a time, on its stack. */
#define SCAN_ROWS 32u

/** Rows of the head at hand, each core's best among its own. */
struct job {
    struct tl_model *model;
    const struct tl_rows *rows;
    const struct tl_vector *h;
    float *logits; /* (rows.count) in PSRAM; NULL: only the best is kept */
    uint32_t percent;
    struct tl_best best[2]; /* ids from the first of the rows on */
    int result[2];
};

static bool is_finite(float logit)
{
    return logit - logit == 0.0f;
}

void tl_best_raise(struct tl_best *best, uint32_t id, float logit)
{
    if (best->exact > 0 && !is_finite(best->logit)) return;
    if (best->exact > 0 && is_finite(logit) && logit < best->logit) return;
    if (best->exact > 0 && logit == best->logit && id > best->id) return;
    best->id = id;
    best->logit = logit;
    best->exact = 1;
}

/* The largest is looked for when a core's whole share is done, so that the logits written come back over the bus once more. */
static void head_share(void *arg, uint32_t core)
{
    struct job *job = arg;
    const struct tl_share share = tl_fast_share(job->rows->count, job->percent, core);
    const uint32_t count = share.end - share.first;
    if (count == 0) return;
    const struct tl_rows part = tl_rows_part(job->rows, share.first, count);
    job->result[core] = tl_layer_multiply(job->model, job->logits + share.first, &part, job->h);
    for (uint32_t row = share.first; row < share.end; row++) tl_best_raise(&job->best[core], row, job->logits[row]);
    tl_charge(job->model->hal, TL_KERNEL_ELEMENTWISE, count, job->logits + share.first, tl_written_bytes(count * 4) + count * 4);
}

/* No logit crosses the bus; each is compared with the best so far, and looked at whether it is a number. */
static void scan_share(void *arg, uint32_t core)
{
    struct job *job = arg;
    const struct tl_share share = tl_fast_share(job->rows->count, job->percent, core);
    float logits[SCAN_ROWS];
    for (uint32_t row = share.first, count; job->result[core] == TL_OK && row < share.end; row += count) {
        count = share.end - row < SCAN_ROWS ? share.end - row : SCAN_ROWS;
        const struct tl_rows part = tl_rows_part(job->rows, row, count);
        job->result[core] = tl_layer_multiply(job->model, logits, &part, job->h);
        for (uint32_t i = 0; job->result[core] == TL_OK && i < count; i++) tl_best_raise(&job->best[core], row + i, logits[i]);
        tl_charge(job->model->hal, TL_KERNEL_ELEMENTWISE, 2 * count, logits, 0);
    }
}

/** Every row of the head; `logits` (vocab) or NULL. */
static int compute_all(struct tl_model *m, struct tl_stream *stream, struct tl_step step, const struct tl_vector *h, float *logits)
{
    const struct tl_matrix *head = tl_model_head(m);
    struct tl_rows rows;
    m->best = (struct tl_best){.exact = 0};
    for (uint32_t first = 0; first < head->rows; first += rows.count) {
        int result = tl_stream_next(stream, step, first, &rows);
        if (result) return result;
        struct job job = {.model = m, .rows = &rows, .h = h, .logits = logits ? logits + first : NULL};
        job.percent = tl_fast_split(m, (uint64_t)rows.count * rows.cols);
        tl_fast_run(m, job.percent, logits ? head_share : scan_share, &job);
        if ((result = tl_layer_blame(m, &head->file, job.result[0] ? job.result[0] : job.result[1]))) return result;
        for (int core = 0; core < 2; core++) {
            if (job.best[core].exact > 0) tl_best_raise(&m->best, first + job.best[core].id, job.best[core].logit);
        }
    }
    m->best.exact = m->config.vocab;
    return TL_OK;
}

int tl_head_whole(struct tl_model *m, struct tl_stream *stream, struct tl_step step, const struct tl_vector *h)
{
    m->fast.logits_set = true;
    const int result = compute_all(m, stream, step, h, m->state.logits);
    m->best.kept = result == TL_OK;
    return result;
}

void tl_head_unset_logits(struct tl_model *m)
{
    float *logits = m->state.logits;
    const uint32_t count = m->fast.logits_set ? m->config.vocab : m->fast.sparse;
    for (uint32_t i = 0; i < count; i++) {
        logits[m->fast.logits_set ? i : m->fast.list[0].rows[i].id] = tl_float_of(UNSET_BITS);
    }
    const uint32_t bytes = m->fast.logits_set ? tl_written_bytes(count * 4) : count * tl_written_bytes(4);
    if (count > 0) tl_charge(m->hal, TL_KERNEL_COPY, count * 4, logits, bytes);
    m->fast.logits_set = false;
    m->fast.sparse = 0;
}

int tl_head_scan(struct tl_model *m, struct tl_stream *stream, struct tl_step step, const struct tl_vector *h)
{
    tl_head_unset_logits(m);
    const int result = compute_all(m, stream, step, h, NULL);
    if (result) return result;
    m->best.rank = 1;
    float *logit = &m->state.logits[m->best.id];
    *logit = m->best.logit;
    tl_charge(m->hal, TL_KERNEL_COPY, 4, logit, tl_written_bytes(4));
    m->fast.winner.id = m->best.id;
    m->fast.sparse = 1;
    return TL_OK;
}

bool tl_head_is_screened(const struct tl_model *m, enum tl_want want)
{
    return want == TL_WANT_BEST && (m->need.resident & TL_SCREEN_IN_PSRAM);
}

static struct tl_step head_alone(const void *order, uint32_t index)
{
    (void)index;
    return *(const struct tl_step *)order;
}

static int screened(struct tl_model *m, const struct tl_step *step, const struct tl_vector *h)
{
    bool decided;
    struct tl_stream stream;
    int result = tl_head_screened(m, h, &decided);
    if (result || decided) return result;
    tl_stream_open(&stream, m, head_alone, step, 1);
    result = tl_head_whole(m, &stream, *step, h);
    tl_stream_close(&stream);
    return result;
}

int tl_head(struct tl_pass *p)
{
    struct tl_model *m = p->model;
    const uint32_t last = p->count - 1;
    const bool by_screen = tl_head_is_screened(m, p->want);
    const struct tl_step step = {tl_config_head(&m->config), 0};
    tl_layer_normalize(m, tl_fast_at(m, m->state.h, last), tl_fast_at(m, m->state.x, last), m->state.norm_out);
    tl_fast_take(m, last, p->count, m->state.h, m->config.hidden, m->fast.h_codes);
    if (by_screen || tl_format_is_integer(tl_model_head(m)->format)) tl_fast_quantize(m, last, p->count);
    const struct tl_vector *h = &m->fast.in[last];
    if (by_screen) return screened(m, &step, h);
    const bool scan = p->want == TL_WANT_BEST && m->need.screens_itself;
    return (scan ? tl_head_scan : tl_head_whole)(m, &p->stream, step, h);
}
