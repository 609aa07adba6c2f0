#include "tl_head.h"

#include <stddef.h>

#include "tl_fast_cores.h"
#include "tl_fast_multiply.h"

/** Rows of the head at hand, each core's best among its own. */
struct job {
    struct tl_model *model;
    const struct tl_rows *rows;
    const struct tl_vector *h;
    float *logits; /* (rows.count) in PSRAM */
    uint32_t percent;
    struct tl_best best[2]; /* ids from the first of the rows on */
    int result[2];
};

void tl_best_raise(struct tl_best *best, uint32_t id, float logit)
{
    const bool is_nan = logit != logit;
    if (best->exact > 0 && best->logit != best->logit) return;
    if (best->exact > 0 && !is_nan && logit < best->logit) return;
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

int tl_head_whole(struct tl_model *m, struct tl_stream *stream, struct tl_step step, const struct tl_vector *h)
{
    const struct tl_matrix *head = tl_model_head(m);
    struct tl_rows rows;
    m->fast.logits_set = true;
    m->best = (struct tl_best){.exact = 0};
    for (uint32_t first = 0; first < head->rows; first += rows.count) {
        int result = tl_stream_next(stream, step, first, &rows);
        if (result) return result;
        struct job job = {.model = m, .rows = &rows, .h = h, .logits = m->state.logits + first};
        job.percent = tl_fast_split(m, (uint64_t)rows.count * rows.cols);
        tl_fast_run(m, job.percent, head_share, &job);
        if ((result = tl_layer_blame(m, &head->file, job.result[0] ? job.result[0] : job.result[1]))) return result;
        for (int core = 0; core < 2; core++) {
            if (job.best[core].exact > 0) tl_best_raise(&m->best, first + job.best[core].id, job.best[core].logit);
        }
    }
    m->best.exact = m->config.vocab;
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
    return by_screen ? screened(m, &step, h) : tl_head_whole(m, &p->stream, step, h);
}
