#include "tl_head.h"

#include <string.h>

#include "tl_fast_cores.h"

/** Times that the cores stop to tell each other how large a logit is sure to be, so that neither keeps rows that the other's best rules out. */
#define ROUNDS 8u

struct job {
    struct tl_model *model;
    struct tl_screen_query query;
    uint32_t percent;
    uint32_t round;
    uint32_t rounds;
    int result[2];
};

#define INFINITE_BITS 0x7f800000u

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/** Comparisons within a list, which lies in internal RAM. */
static void charge_list(const struct tl_model *m, struct tl_shortlist *list)
{
    if (list->compared > 0) tl_charge(m->hal, TL_KERNEL_ELEMENTWISE, list->compared, list->rows, 0);
    list->compared = 0;
}

static void charge_scan(const struct job *job, struct tl_share rows, uint32_t bounded)
{
    const struct tl_hal *hal = job->model->hal;
    const struct tl_screen *screen = &job->model->fast.screen;
    const uint32_t groups = (screen->hidden + TL_GROUP - 1) / TL_GROUP;
    const uint32_t code_bytes = (screen->hidden + 7) / 8 * 4;
    const uint32_t count = rows.end - rows.first;
    const unsigned char *codes = screen->codes + (uint64_t)rows.first * code_bytes;
    tl_charge(hal, TL_KERNEL_DOT_INT4, count * screen->hidden, codes, count * (code_bytes + 2 * groups));
    const uint32_t ratio_bytes = (groups + 1) / 2;
    const uint64_t lines = (uint64_t)bounded * (ratio_bytes + TL_CACHE_LINE - 1);
    const uint32_t all = count * ratio_bytes;
    const unsigned char *ratios = screen->ratios + (uint64_t)rows.first * ratio_bytes;
    tl_charge(hal, TL_KERNEL_SCREEN, bounded * groups, ratios, lines < all ? (uint32_t)lines : all);
}

/** One round of a core's rows; each core has one stretch of the vocabulary, so that both lists together are in order. */
static void scan_share(void *arg, uint32_t core)
{
    struct job *job = arg;
    struct tl_fast_state *fast = &job->model->fast;
    struct tl_shortlist *list = &fast->list[core];
    const struct tl_share own = tl_fast_share(fast->screen.vocab, job->percent, core);
    const uint64_t count = own.end - own.first;
    const struct tl_share rows = {
        own.first + (uint32_t)(count * job->round / job->rounds), own.first + (uint32_t)(count * (job->round + 1) / job->rounds),
    };
    const uint32_t bounded = list->bounded;
    const bool certain = job->model->knobs.screen == TL_SCREEN_CERTAIN;
    if (rows.first == rows.end || job->result[core]) return;
    job->result[core] = (certain ? tl_screen_certain : tl_screen_checked)(list, &fast->screen, &job->query, rows.first, rows.end - rows.first);
    list->compared += rows.end - rows.first; /* each row's value with what it has to reach */
    charge_scan(job, rows, list->bounded - bounded);
    charge_list(job->model, list);
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

/** What list[1] has room for: `screen_rows`. */
static uint32_t limit_of(const struct tl_model *m)
{
    return m->fast.list[1].capacity;
}

/* One core alone has the room of both: rows that the end of the scan rules out take some on the way. */
static int scan(struct job *job, float lower)
{
    struct tl_shortlist *list = job->model->fast.list;
    const bool alone = job->percent == 0 && job->model->knobs.screen == TL_SCREEN_CERTAIN;
    list[0].capacity = limit_of(job->model) * (alone ? 2 : 1);
    for (int core = 0; core < 2; core++) {
        list[core].count = list[core].bounded = list[core].compared = 0;
        list[core].overflow = false;
        list[core].lower = lower;
    }
    for (job->round = 0; job->round < job->rounds; job->round++) {
        tl_fast_run(job->model, job->percent, scan_share, job);
        list[0].lower = list[1].lower = larger(list[0].lower, list[1].lower);
    }
    return job->result[0] ? job->result[0] : job->result[1];
}

/** The second core's rows behind the first one's: both lists are one piece of memory. */
static void join(struct tl_shortlist *list)
{
    memmove(list[0].rows + list[0].count, list[1].rows, list[1].count * sizeof *list[1].rows);
    list[0].count += list[1].count;
    list[1].count = 0;
}

/** Integers in the order of the floats; both zeros are one. */
static uint32_t rank_bits(float value)
{
    uint32_t bits;
    value = value + 0.0f;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

static uint32_t count_from(const struct tl_shortlist *list, uint32_t bound)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < list->count; i++) count += rank_bits(list->rows[i].value) >= bound;
    return count;
}

/** Keeps the `wanted` rows with the largest y of a list ordered by id, the lower id among equals: the bound is found bit by bit. */
static void keep_largest(struct tl_shortlist *list, uint32_t wanted)
{
    uint32_t bound = 0;
    if (list->count <= wanted) return;
    for (uint32_t bit = 0x80000000u; bit != 0; bit >>= 1) {
        if (count_from(list, bound | bit) >= wanted) bound |= bit;
    }
    uint32_t kept = 0;
    uint32_t equals = wanted - count_from(list, bound + 1);
    list->compared += 34 * list->count; /* each of 32 bits, the next bound, and the walk below */
    for (uint32_t i = 0; i < list->count; i++) {
        const uint32_t bits = rank_bits(list->rows[i].value);
        if (bits < bound || (bits == bound && equals == 0)) continue;
        equals -= bits == bound;
        list->rows[kept++] = list->rows[i];
    }
    list->count = kept;
}

static uint32_t most_promising(struct tl_shortlist *list)
{
    uint32_t best = 0;
    list->compared += list->count;
    for (uint32_t i = 1; i < list->count; i++) {
        if (list->rows[i].value > list->rows[best].value) best = i;
    }
    return best;
}

/** Where the winner stands by the screen's value; 1 is first. */
static uint32_t rank_of(struct tl_shortlist *list, uint32_t id)
{
    uint32_t rank = 1;
    list->compared += 2 * list->count;
    float value = 0.0f;
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->rows[i].id == id) value = list->rows[i].value;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        const struct tl_candidate *row = &list->rows[i];
        rank += row->value > value || (row->value == value && row->id < id);
    }
    return rank;
}

/** The exact logit of the most promising row rules others out. It stays listed itself, whatever the screen says of it. */
static int compute_first(struct tl_model *m, const struct tl_vector *h, uint32_t *done)
{
    struct tl_shortlist *list = &m->fast.list[0];
    struct tl_candidate *first = &list->rows[most_promising(list)];
    const struct tl_shortlist alone = {.rows = first, .count = 1};
    *done = first->id;
    const int result = tl_head_rows(m, &alone, TL_NO_ROW, h);
    if (result) return result;
    first->upper = float_of(INFINITE_BITS);
    tl_shortlist_prune(list, larger(list->lower, m->best.logit));
    m->fast.sparse = list->count;
    return TL_OK;
}

/** Which rows the scan leaves: in list[0], ordered by id. Not `decided` when a core's list could not hold them. */
static int screen_rows(struct job *job, bool *decided)
{
    struct tl_shortlist *list = job->model->fast.list;
    const bool certain = job->model->knobs.screen == TL_SCREEN_CERTAIN;
    int result = scan(job, -float_of(INFINITE_BITS));
    /* With what the first scan found out a second one keeps less, and costs far less than the whole head. */
    if (result == TL_OK && (list[0].overflow || list[1].overflow)) result = scan(job, list[0].lower);
    if (result) return result;
    *decided = !list[0].overflow && !list[1].overflow;
    if (!*decided) return TL_OK;
    if (certain) {
        for (int core = 0; core < 2; core++) tl_shortlist_prune(&list[core], list[core].lower);
    }
    join(list);
    if (!certain) {
        tl_shortlist_sort_by_id(list);
        keep_largest(list, limit_of(job->model));
    }
    for (int core = 0; core < 2; core++) charge_list(job->model, &list[core]);
    *decided = list->count > 0;
    return TL_OK;
}

static struct job prepare(struct tl_model *m, const struct tl_vector *h)
{
    const struct tl_screen *screen = &m->fast.screen;
    struct job job = {.model = m, .percent = tl_fast_split(m, (uint64_t)screen->vocab * screen->hidden)};
    job.rounds = job.percent > 0 && m->knobs.screen == TL_SCREEN_CERTAIN ? ROUNDS : 1;
    tl_screen_ask(&job.query, screen, h, m->fast.group_norms);
    tl_charge(m->hal, TL_KERNEL_ELEMENTWISE, screen->hidden, h->codes, screen->hidden * 2);
    return job;
}

int tl_head_screened(struct tl_model *m, const struct tl_vector *h, bool *decided)
{
    struct tl_shortlist *list = &m->fast.list[0];
    uint32_t done = TL_NO_ROW;
    tl_head_unset_logits(m);
    struct job job = prepare(m, h);
    int result = tl_layer_blame(m, &m->weights.screen_file, screen_rows(&job, decided));
    if (result || !*decided) return result;
    m->best = (struct tl_best){.exact = 0};
    m->fast.sparse = list->count;
    if (m->knobs.screen == TL_SCREEN_CERTAIN) result = compute_first(m, h, &done);
    charge_list(m, list);
    *decided = list->count <= limit_of(m);
    if (result || !*decided) return result;
    if ((result = tl_head_rows(m, list, done, h))) return result;
    m->best.exact = list->count;
    m->best.rank = rank_of(list, m->best.id);
    charge_list(m, list);
    return TL_OK;
}
