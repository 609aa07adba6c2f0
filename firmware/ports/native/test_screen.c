/* The screen of the head: no row that wins exactly is ever dropped, whatever the head and h are like. */

#include <math.h>
#include <string.h>

#include "native_check.h"
#include "native_screen.h"
#include "tl_error.h"

static struct test_head head;
static struct test_query query;
static struct tl_candidate rows[TEST_ROWS];
static uint64_t seed = 11;

static uint32_t below(uint32_t n)
{
    return (uint32_t)(test_random(&seed) % n);
}

static float bell(void)
{
    return test_random_float(&seed) + test_random_float(&seed) + test_random_float(&seed);
}

enum kind {
    PLAIN,
    HEAVY,
    NEAR_TIES,
    DUPLICATES,
    HUGE_WEIGHTS,
    LARGE_WEIGHTS,
    SMALL_WEIGHTS,
    TINY_WEIGHTS,
    SUBNORMAL,
    MIXED_NORMS,
    SPARSE,
    EXACT_CODES,
    KINDS
};

static float weight(enum kind kind)
{
    switch (kind) {
    case HEAVY: return powf(bell(), 9);
    case HUGE_WEIGHTS: return bell() * 1e34f;
    case LARGE_WEIGHTS: return bell() * 1e20f;
    case SMALL_WEIGHTS: return bell() * 1e-25f;
    case TINY_WEIGHTS: return bell() * 1e-34f;
    case SUBNORMAL: return bell() * 1e-42f;
    case SPARSE: return below(40) == 0 ? bell() : 0;
    case EXACT_CODES: return (float)((int)below(15) - 7);
    default: return bell();
    }
}

static void fill_head(enum kind kind)
{
    for (uint32_t row = 0; row < head.vocab; row++) {
        float *w = head.weights + row * head.hidden;
        const float norm = kind == MIXED_NORMS ? powf(10, 12 * test_random_float(&seed)) : 1;
        const bool repeat = row > 0 && (kind == NEAR_TIES || (kind == DUPLICATES && below(3) > 0));
        for (uint32_t i = 0; i < head.hidden; i++) {
            w[i] = repeat ? w[(int32_t)i - (int32_t)head.hidden] : weight(kind) * norm;
        }
        if (kind == NEAR_TIES) w[below(head.hidden)] += 1e-6f * bell();
    }
}

static void fill_query(uint32_t kind)
{
    const float size = kind == 1 ? 1e-29f : kind == 2 ? 1e-33f : kind == 3 ? 1e20f : 1;
    for (uint32_t i = 0; i < head.hidden; i++) query.values[i] = bell() * size;
    if (kind == 4) query.values[below(head.hidden)] = 300;
    if (kind == 5) memset(query.values, 0, sizeof query.values);
}

static void make(enum kind kind, uint32_t query_kind)
{
    static const uint32_t widths[] = {1, 7, 31, 32, 33, 50, 64, 100, 192, 200};
    head.vocab = 1 + below(TEST_ROWS);
    head.hidden = widths[below(10)];
    fill_head(kind);
    EQUAL(test_screen_write(&head, 0.95 + 0.5 * (double)below(100) / 100), TL_OK);
    fill_query(query_kind);
    test_screen_ask(&query, &head);
}

static struct tl_shortlist empty(uint32_t capacity)
{
    return (struct tl_shortlist){.rows = rows, .capacity = capacity, .lower = -INFINITY};
}

static uint32_t winner(void)
{
    uint32_t best = 0;
    for (uint32_t row = 1; row < head.vocab; row++) {
        if (test_exact_logit(&head, &query, row) > test_exact_logit(&head, &query, best)) best = row;
    }
    return best;
}

static bool holds(const struct tl_shortlist *list, uint32_t id)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->rows[i].id == id) return true;
    }
    return false;
}

/** Each row alone: its exact logit lies between the bounds, y is the page's to the bit, and no row reaches farther than the query says. */
static void check_bounds(void)
{
    for (uint32_t row = 0; row < head.vocab; row++) {
        struct tl_shortlist list = empty(1);
        const float exact = test_exact_logit(&head, &query, row);
        EQUAL(tl_screen_certain(&list, &head.screen, &query.query, row, 1), TL_OK);
        EQUAL(list.count, 1);
        EQUAL(rows[0].id, row);
        EQUAL(test_bits(rows[0].value), test_bits(test_screen_value(&head, &query, row)));
        CHECK(!(exact > rows[0].upper) && !(exact < list.lower));
        CHECK(!(rows[0].upper > rows[0].value + query.query.reach));
    }
}

/**
 * One scan, and two cores' halves with the larger lower bound: the winner is there, and no bound is above its logit.
 */
static void check_scan(void)
{
    const uint32_t best = winner(), half = head.vocab / 2;
    const float exact = test_exact_logit(&head, &query, best);
    struct tl_shortlist list = empty(TEST_ROWS);
    EQUAL(tl_screen_certain(&list, &head.screen, &query.query, 0, head.vocab), TL_OK);
    CHECK(!list.overflow && holds(&list, best) && !(list.lower > exact));
    CHECK(list.bounded >= list.count && list.bounded <= head.vocab);
    const float lower = list.lower;
    tl_shortlist_prune(&list, exact);
    CHECK(holds(&list, best));
    list = empty(half);
    struct tl_shortlist other = empty(TEST_ROWS - half);
    other.rows += half;
    EQUAL(tl_screen_certain(&list, &head.screen, &query.query, 0, half), TL_OK);
    EQUAL(tl_screen_certain(&other, &head.screen, &query.query, half, head.vocab - half), TL_OK);
    EQUAL(test_bits(fmaxf(list.lower, other.lower)), test_bits(lower));
    tl_shortlist_prune(&list, lower);
    tl_shortlist_prune(&other, lower);
    CHECK(best < half ? holds(&list, best) : holds(&other, best));
}

/**
 * A list too small for it: either the winner is there, or it says so and the lower bound, still right, is good for
 * another scan.
 */
static bool check_small_list(void)
{
    const uint32_t best = winner();
    const float exact = test_exact_logit(&head, &query, best);
    struct tl_shortlist list = empty(1 + below(20));
    EQUAL(tl_screen_certain(&list, &head.screen, &query.query, 0, head.vocab), TL_OK);
    CHECK(list.overflow || holds(&list, best));
    CHECK(!(list.lower > exact) && list.count <= list.capacity);
    if (!list.overflow) return false;
    struct tl_shortlist whole = empty(TEST_ROWS);
    tl_screen_certain(&whole, &head.screen, &query.query, 0, head.vocab);
    EQUAL(test_bits(list.lower), test_bits(whole.lower));
    tl_shortlist_prune(&whole, whole.lower);
    struct tl_shortlist again = empty(TEST_ROWS);
    again.lower = list.lower;
    EQUAL(tl_screen_certain(&again, &head.screen, &query.query, 0, head.vocab), TL_OK);
    CHECK(holds(&again, best) && !again.overflow);
    EQUAL(again.count, whole.count);
    return true;
}

static void check_random_heads(void)
{
    uint32_t overflows = 0, lists = 0;
    test_case("keeps the winner, and every exact logit within its bounds, for heads and vectors of every kind");
    for (uint32_t round = 0; round < 120 * KINDS; round++) {
        make((enum kind)(round % KINDS), round / KINDS % 6);
        check_bounds();
        check_scan();
        overflows += check_small_list();
        lists++;
    }
    test_case("meets lists that are too small and lists that are large enough");
    CHECK(overflows > lists / 10 && overflows < lists * 9 / 10);
}

/** A head of 300 rows one of which points where h does. */
static void check_clear_winner(void)
{
    test_case("leaves the clear winner alone, and sums the bounds of hardly any row behind it");
    for (uint32_t round = 0; round < 20; round++) {
        head.vocab = TEST_ROWS;
        head.hidden = 192;
        fill_head(PLAIN);
        fill_query(0);
        for (uint32_t i = 0; i < head.hidden; i++) head.weights[3 * head.hidden + i] = 0.45f * query.values[i];
        EQUAL(test_screen_write(&head, 1), TL_OK);
        test_screen_ask(&query, &head);
        struct tl_shortlist list = empty(TEST_ROWS);
        EQUAL(tl_screen_certain(&list, &head.screen, &query.query, 0, head.vocab), TL_OK);
        tl_shortlist_prune(&list, list.lower);
        CHECK(list.count == 1 && holds(&list, 3));
        AT_MOST(list.bounded, 4);
    }
}

/**
 * The bounds cannot be much smaller: rows whose error points the way h does, group by group, and just fills the ratio,
 * are as far from y as b says, on both sides.
 */
static void check_tightness(double sign)
{
    double least = INFINITY;
    head.vocab = 20;
    head.hidden = 192;
    fill_query(0);
    for (uint32_t i = 0; i < head.hidden; i += 32) query.values[i] = 0; /* there the weight gives the scale and has no error */
    memset(head.weights, 0, sizeof head.weights);
    test_screen_write(&head, 1);
    test_screen_ask(&query, &head);
    for (uint32_t i = 0; i < head.vocab * head.hidden; i++) {
        double square = 0;
        const uint32_t group = i % head.hidden / 32 * 32;
        for (uint32_t k = group; k < group + 32; k++) square += pow(query.codes[k], 2);
        const double unit = query.codes[i % head.hidden] / sqrt(square);
        head.weights[i] = (float)((i % 32 == 0 ? 7 : (int)below(13) - 6) + sign * (i % 32 == 0 ? 0 : 0.999 * unit));
    }
    test_screen_write(&head, 1);
    test_screen_ask(&query, &head);
    for (uint32_t row = 0; row < head.vocab; row++) {
        struct tl_shortlist list = empty(1);
        const float exact = test_exact_logit(&head, &query, row);
        tl_screen_certain(&list, &head.screen, &query.query, row, 1);
        least = fmin(least, fabs((double)exact - rows[0].value) / ((double)rows[0].upper - rows[0].value));
    }
    AT_MOST(least, 1);
    AT_MOST(0.99, least);
}

static void check_vector_rounding(void)
{
    test_case("allows for what quantizing h loses, which is nearly all of the slack; the screen itself is exact");
    head.vocab = 2;
    head.hidden = 192;
    for (uint32_t i = 0; i < 2 * head.hidden; i++) head.weights[i] = i < head.hidden ? 1 : -1;
    EQUAL(test_screen_write(&head, 7), TL_OK);
    for (uint32_t i = 0; i < head.hidden; i++) query.values[i] = i == 0 ? 32767 : (float)below(100) + 0.49f;
    test_screen_ask(&query, &head);
    check_bounds();
    struct tl_shortlist list = empty(1);
    tl_screen_certain(&list, &head.screen, &query.query, 0, 1);
    const double lost = test_exact_logit(&head, &query, 0) - (double)rows[0].value;
    AT_MOST(0.9 * query.query.slack, lost);
    AT_MOST(lost, query.query.slack);
}

static void check_numbers_without_an_end(void)
{
    test_case("drops nothing when h is not finite, or when logits might overflow");
    make(PLAIN, 0);
    query.values[0] = NAN;
    test_screen_ask(&query, &head);
    struct tl_shortlist list = empty(TEST_ROWS);
    EQUAL(tl_screen_certain(&list, &head.screen, &query.query, 0, head.vocab), TL_OK);
    EQUAL(list.count, head.vocab);
    CHECK(list.lower == -INFINITY);
    make(HUGE_WEIGHTS, 3);
    list = empty(TEST_ROWS);
    EQUAL(tl_screen_certain(&list, &head.screen, &query.query, 0, head.vocab), TL_OK);
    EQUAL(list.count, head.vocab);
}

/** The row's products overflow in every lane, but cancel in the screen, which is exact. */
static void check_hidden_overflow(void)
{
    test_case("drops no row whose logit overflows on the way although its value on the screen is small");
    head.vocab = 2;
    head.hidden = 192;
    memset(head.weights, 0, sizeof head.weights);
    for (uint32_t i = 0; i < head.hidden; i++) head.weights[i] = i % 2 ? 1e19f : -1e19f;
    head.weights[head.hidden] = 2e19f;
    EQUAL(test_screen_write(&head, 1), TL_OK);
    for (uint32_t i = 0; i < head.hidden; i++) query.values[i] = 1e18f;
    query.values[0] = 1.5e19f;
    test_screen_ask(&query, &head);
    struct tl_shortlist list = empty(TEST_ROWS);
    EQUAL(tl_screen_certain(&list, &head.screen, &query.query, 0, 2), TL_OK);
    tl_shortlist_prune(&list, list.lower);
    EQUAL(list.count, 2);
    CHECK(!isfinite(test_exact_logit(&head, &query, 0)) && isfinite(test_screen_value(&head, &query, 0)));
}

static void check_overflowing_value(void)
{
    test_case("keeps a row whose own sum overflows, and lets it tell nothing about the others");
    for (uint32_t round = 0; round < 30; round++) {
        make(PLAIN, 0);
        const uint32_t odd = below(head.vocab);
        for (uint32_t g = 0; g < (head.hidden + 31) / 32; g++) {
            *test_screen_scale(&head, odd, g) = 0x7f7f;
        }
        memset(test_screen_ratios(&head, odd), 0, (head.hidden + 63) / 64);
        EQUAL(tl_screen_over(&head.screen, head.file, head.vocab, head.hidden), TL_OK);
        struct tl_shortlist list = empty(TEST_ROWS);
        EQUAL(tl_screen_certain(&list, &head.screen, &query.query, 0, head.vocab), TL_OK);
        const bool overflows = !isfinite(test_screen_value(&head, &query, odd));
        CHECK(!overflows || (holds(&list, odd) && isfinite(list.lower) == (head.vocab > 1)));
    }
}

static void check_vanishing_products(void)
{
    test_case("allows for products that vanish in the exact logit but not on the screen");
    head.vocab = 3;
    head.hidden = 192;
    for (uint32_t i = 0; i < 3 * head.hidden; i++) head.weights[i] = ldexpf((float)(1 + below(7)), -110);
    EQUAL(test_screen_write(&head, 1), TL_OK);
    for (uint32_t i = 0; i < head.hidden; i++) query.values[i] = ldexpf(fabsf(bell()), -45);
    test_screen_ask(&query, &head);
    CHECK(test_exact_logit(&head, &query, 0) == 0 && test_screen_value(&head, &query, 0) != 0);
    check_bounds();
}

static void check_query(double floor_of_norm)
{
    const uint32_t groups = (head.hidden + 31) / 32;
    const double unit = ldexp(1, -24), scale = query.vector.scale;
    double all = 0;
    for (uint32_t g = 0; g < groups; g++) {
        double square = 0;
        for (uint32_t i = 32 * g; i < 32 * g + 32 && i < head.hidden; i++) square += pow(query.codes[i], 2);
        all += square;
        AT_MOST((1 + (2 * groups + 9) * unit) * sqrt(square) / 8, query.group_norms[g]);
        AT_MOST(query.group_norms[g], (1 + 1e-5) * sqrt(square) / 8);
    }
    const double lost = 0.51 * scale * sqrt(head.hidden);
    const double rounding = unit * (head.hidden / 4.0 + 2 * groups + 32) * (sqrt(all) * scale + lost);
    const double slack = fmax(head.screen.largest_norm, floor_of_norm) * (lost + rounding);
    AT_MOST(slack, query.query.slack);
    AT_MOST(query.query.slack, slack * (1 + 1e-5) + ldexp(1, -99));
}

static void check_queries(void)
{
    test_case("rounds norms and slack up, but hardly");
    for (uint32_t round = 0; round < 50; round++) {
        make(PLAIN, round % 5 == 2 ? 0 : round % 5);
        check_query(0);
    }
    test_case("takes no largest norm to be below 2^-100, for what underflows before it is scaled by a large vector");
    make(SUBNORMAL, 3);
    check_query(ldexp(1, -100));
}

int main(void)
{
    check_random_heads();
    check_clear_winner();
    test_case("has no room to spare: the bound is reached from above and from below");
    check_tightness(1);
    check_tightness(-1);
    check_queries();
    check_vector_rounding();
    check_vanishing_products();
    check_numbers_without_an_end();
    check_hidden_overflow();
    check_overflowing_value();
    return test_report();
}
