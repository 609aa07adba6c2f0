#include "tl_error.h"
#include "tl_rows_kernels.h"
#include "tl_screen.h"
#include "tl_screen_row.h"

/*
 * y of one row: the codes and scales lie as those of the format int4 do, and take its product. At its 4.8 instructions
 * a weight a row of 192 costs about 950, so that one core at 240 MHz goes through 27 MB of screen a second: two of them
 * wait for the PSRAM (20 MB/s), which is why the ratios are read for few rows only.
 */
static float value_of(const struct tl_screen *screen, const struct tl_vector *h, uint32_t id)
{
    const struct tl_row row = {screen->codes + (size_t)id * tl_screen_row_bytes(screen->hidden),
                               screen->scales + tl_screen_first_group(screen, id)};
    return tl_row_int4(&row, h) * h->scale;
}

/**
 * b of one row: at least the real number, whatever is rounded here, because tl_screen_ask() made the N_g that large.
 */
static float bound_of(const struct tl_screen *screen, const struct tl_screen_query *query, uint32_t id)
{
    const uint32_t groups = tl_screen_groups(screen->hidden);
    const uint16_t *scales = screen->scales + tl_screen_first_group(screen, id);
    const unsigned char *ratios = tl_screen_ratios_of(screen, id);
    float t = 0.0f;
    for (uint32_t g = 0; g < groups; g++) {
        t = t + tl_bfloat16_value(scales[g]) * (tl_screen_eighths(ratios, g) * query->group_norms[g]);
    }
    return t * query->h->scale;
}

static bool is_finite(float y)
{
    return y - y == 0.0f;
}

/**
 * Looked at when a y is not finite, as a NaN or an infinity among the scales makes it: that of a sound screen may have
 * overflowed.
 */
static bool scales_are_good(const struct tl_screen *screen, uint32_t id)
{
    const uint32_t groups = tl_screen_groups(screen->hidden);
    const uint16_t *scales = screen->scales + tl_screen_first_group(screen, id);
    for (uint32_t g = 0; g < groups; g++) {
        if (!tl_screen_scale_is_good(scales[g])) return false;
    }
    return true;
}

static void keep(struct tl_shortlist *list, struct tl_candidate row)
{
    if (list->count == list->capacity) tl_shortlist_prune(list, list->lower);
    if (list->count == list->capacity) {
        list->overflow = true;
    } else {
        list->rows[list->count++] = row;
    }
}

/**
 * `nothing` is 0, or NaN when y overflowed or is NaN: such a row is kept, because NaN is not below anything, and does
 * not raise `lower`, because NaN is not above anything. An infinite or NaN bound does the same.
 */
static void consider(struct tl_shortlist *list, const struct tl_screen *screen, const struct tl_screen_query *query,
                     uint32_t id, float y)
{
    if (list->overflow && !(y - query->slack > list->lower)) return;
    const float nothing = y - y;
    const float margin = bound_of(screen, query, id) + query->slack;
    const float least = y - margin + nothing;
    const float upper = y + margin + nothing;
    list->bounded++;
    if (least > list->lower) list->lower = least;
    if (upper < list->lower) return;
    keep(list, (struct tl_candidate){id, y, upper});
}

/*
 * Nearly every row is so far below the best one that even the largest bound of any row would not help it: such a row
 * costs its value and two comparisons, and neither its ratios nor its bound.
 */
int tl_screen_certain(struct tl_shortlist *list, const struct tl_screen *screen, const struct tl_screen_query *query,
                      uint32_t first, uint32_t count)
{
    for (uint32_t id = first; id - first < count; id++) {
        const float y = value_of(screen, query->h, id);
        if (is_finite(y)) {
            if (y + query->reach < list->lower) continue;
        } else if (!scales_are_good(screen, id)) {
            return TL_ERR_BAD_WEIGHTS;
        }
        consider(list, screen, query, id, y);
    }
    return TL_OK;
}

/** Whether a comes before b among the best. */
static bool ahead(const struct tl_candidate *a, const struct tl_candidate *b)
{
    return a->value > b->value || (a->value == b->value && a->id < b->id);
}

/* The best rows so far are a heap with the last of them at the root: parents are never ahead of their children. */

static void sift_up(struct tl_shortlist *list, uint32_t at)
{
    struct tl_candidate *rows = list->rows;
    const struct tl_candidate row = rows[at];
    for (; at > 0; at = (at - 1) / 2) {
        list->compared++;
        if (!ahead(&rows[(at - 1) / 2], &row)) break;
        rows[at] = rows[(at - 1) / 2];
    }
    rows[at] = row;
}

static void replace_root(struct tl_shortlist *list, struct tl_candidate row)
{
    struct tl_candidate *rows = list->rows;
    uint32_t at = 0;
    while (2 * at + 1 < list->count) {
        uint32_t child = 2 * at + 1;
        list->compared += 2;
        if (child + 1 < list->count && ahead(&rows[child], &rows[child + 1])) child++;
        if (!ahead(&row, &rows[child])) break;
        rows[at] = rows[child];
        at = child;
    }
    rows[at] = row;
}

static void offer(struct tl_shortlist *list, struct tl_candidate row)
{
    if (list->count < list->capacity) {
        list->rows[list->count++] = row;
        sift_up(list, list->count - 1);
    } else if (list->capacity > 0 && ahead(&row, &list->rows[0])) {
        replace_root(list, row);
    }
}

int tl_screen_checked(struct tl_shortlist *list, const struct tl_screen *screen, const struct tl_screen_query *query,
                      uint32_t first, uint32_t count)
{
    for (uint32_t id = first; id - first < count; id++) {
        const float y = value_of(screen, query->h, id);
        if (!is_finite(y) && !scales_are_good(screen, id)) return TL_ERR_BAD_WEIGHTS;
        offer(list, (struct tl_candidate){id, y == y ? y : tl_infinity(), 0.0f});
    }
    return TL_OK;
}

void tl_shortlist_prune(struct tl_shortlist *list, float lower)
{
    uint32_t kept = 0;
    list->compared += list->count;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!(list->rows[i].upper < lower)) list->rows[kept++] = list->rows[i];
    }
    list->count = kept;
}

/* A heap sort, since `checked` leaves its rows in no order: parents have no smaller id than their children. */
static void sift_down(struct tl_shortlist *list, uint32_t at, uint32_t count)
{
    struct tl_candidate *rows = list->rows;
    const struct tl_candidate row = rows[at];
    while (2 * at + 1 < count) {
        uint32_t child = 2 * at + 1;
        list->compared += 2;
        if (child + 1 < count && rows[child + 1].id > rows[child].id) child++;
        if (rows[child].id <= row.id) break;
        rows[at] = rows[child];
        at = child;
    }
    rows[at] = row;
}

void tl_shortlist_sort_by_id(struct tl_shortlist *list)
{
    struct tl_candidate *rows = list->rows;
    for (uint32_t i = list->count / 2; i > 0; i--) sift_down(list, i - 1, list->count);
    for (uint32_t end = list->count; end > 1; end--) {
        const struct tl_candidate largest = rows[0];
        rows[0] = rows[end - 1];
        rows[end - 1] = largest;
        sift_down(list, 0, end - 1);
    }
}
