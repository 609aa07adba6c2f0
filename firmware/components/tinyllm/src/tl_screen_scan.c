#include "tl_error.h"
#include "tl_screen.h"
#include "tl_screen_row.h"

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
 * `nothing` is 0, or NaN when y overflowed or is NaN: such a row is kept, because NaN is not below anything, and does not raise
 * `lower`, because NaN is not above anything. An infinite or NaN bound does the same.
 */
static void consider(struct tl_shortlist *list, const struct tl_screen *screen, const struct tl_screen_query *query,
                     uint32_t id, float y)
{
    if (list->overflow && !(y - query->slack > list->lower)) return;
    const float nothing = y - y;
    const float margin = tl_screen_bound(screen, query, id) + query->slack;
    const float least = y - margin + nothing;
    const float upper = y + margin + nothing;
    list->bounded++;
    if (least > list->lower) list->lower = least;
    if (list->overflow || upper < list->lower) return;
    keep(list, (struct tl_candidate){id, y, upper});
}

/*
 * Nearly every row is so far below the best one that even the largest bound of any row would not help it: such a row costs its
 * value and two comparisons, and neither its ratios nor its bound.
 */
int tl_screen_certain(struct tl_shortlist *list, const struct tl_screen *screen, const struct tl_screen_query *query,
                      uint32_t first, uint32_t count)
{
    uint32_t worst = 0;
    for (uint32_t id = first; id - first < count; id++) {
        const float y = tl_screen_value(screen, query->h, id, &worst);
        const bool finite = y - y == 0.0f;
        if (finite && y + query->reach < list->lower) continue;
        consider(list, screen, query, id, y);
    }
    return worst < TL_SCREEN_BAD_SCALE ? TL_OK : TL_ERR_BAD_WEIGHTS;
}

/** Whether a comes before b among the best. */
static bool ahead(const struct tl_candidate *a, const struct tl_candidate *b)
{
    return a->value > b->value || (a->value == b->value && a->id < b->id);
}

/* The best rows so far are a heap with the last of them at the root: parents are never ahead of their children. */

static void sift_up(struct tl_candidate *rows, uint32_t at)
{
    const struct tl_candidate row = rows[at];
    for (; at > 0 && ahead(&rows[(at - 1) / 2], &row); at = (at - 1) / 2) rows[at] = rows[(at - 1) / 2];
    rows[at] = row;
}

static void replace_root(struct tl_candidate *rows, uint32_t count, struct tl_candidate row)
{
    uint32_t at = 0;
    while (2 * at + 1 < count) {
        uint32_t child = 2 * at + 1;
        if (child + 1 < count && ahead(&rows[child], &rows[child + 1])) child++;
        if (!ahead(&row, &rows[child])) break;
        rows[at] = rows[child];
        at = child;
    }
    rows[at] = row;
}

int tl_screen_checked(struct tl_shortlist *list, const struct tl_screen *screen, const struct tl_screen_query *query,
                      uint32_t first, uint32_t count)
{
    uint32_t worst = 0;
    for (uint32_t id = first; id - first < count; id++) {
        const float y = tl_screen_value(screen, query->h, id, &worst);
        const struct tl_candidate row = {id, y == y ? y : tl_bf16(TL_SCREEN_BAD_SCALE), 0.0f};
        if (list->count < list->capacity) {
            list->rows[list->count++] = row;
            sift_up(list->rows, list->count - 1);
        } else if (list->capacity > 0 && ahead(&row, &list->rows[0])) {
            replace_root(list->rows, list->count, row);
        }
    }
    return worst < TL_SCREEN_BAD_SCALE ? TL_OK : TL_ERR_BAD_WEIGHTS;
}

void tl_shortlist_prune(struct tl_shortlist *list, float lower)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (!(list->rows[i].upper < lower)) list->rows[kept++] = list->rows[i];
    }
    list->count = kept;
}

/* A heap sort, since `checked` leaves its rows in no order: parents have no smaller id than their children. */
static void sift_down(struct tl_candidate *rows, uint32_t at, uint32_t count)
{
    const struct tl_candidate row = rows[at];
    while (2 * at + 1 < count) {
        uint32_t child = 2 * at + 1;
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
    for (uint32_t i = list->count / 2; i > 0; i--) sift_down(rows, i - 1, list->count);
    for (uint32_t end = list->count; end > 1; end--) {
        const struct tl_candidate largest = rows[0];
        rows[0] = rows[end - 1];
        rows[end - 1] = largest;
        sift_down(rows, 0, end - 1);
    }
}
