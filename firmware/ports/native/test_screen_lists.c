/* The screen's file, the best rows without a proof, and lists of rows. */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"
#include "native_screen.h"
#include "tl_error.h"

static struct test_head head;
static struct test_query query;
static struct tl_candidate rows[TEST_ROWS];
static uint64_t seed = 21;

/** Small whole weights, so that values of different rows are often equal. */
static void make(uint32_t vocab, uint32_t hidden)
{
    head.vocab = vocab;
    head.hidden = hidden;
    for (uint32_t i = 0; i < vocab * hidden; i++) head.weights[i] = (float)(int)(test_random(&seed) % 5) - 2;
    EQUAL(test_screen_write(&head, 1), TL_OK);
    for (uint32_t i = 0; i < hidden; i++) query.values[i] = (float)(int)(test_random(&seed) % 3) - 1;
    query.values[0] = 1;
    test_screen_ask(&query, &head);
}

static int by_value(const void *a, const void *b)
{
    const struct tl_candidate *left = a, *right = b;
    if (left->value != right->value) return left->value > right->value ? -1 : 1;
    return left->id < right->id ? -1 : 1;
}

static void check_best(uint32_t capacity, uint32_t split)
{
    static struct tl_candidate all[TEST_ROWS];
    struct tl_shortlist list = {.rows = rows, .capacity = capacity};
    for (uint32_t row = 0; row < head.vocab; row++) {
        all[row] = (struct tl_candidate){row, test_screen_value(&head, &query, row), 0};
    }
    qsort(all, head.vocab, sizeof all[0], by_value);
    EQUAL(tl_screen_checked(&list, &head.screen, &query.query, 0, split), TL_OK);
    EQUAL(tl_screen_checked(&list, &head.screen, &query.query, split, head.vocab - split), TL_OK);
    EQUAL(list.count, capacity < head.vocab ? capacity : head.vocab);
    qsort(rows, list.count, sizeof rows[0], by_value);
    for (uint32_t i = 0; i < list.count; i++) {
        EQUAL(rows[i].id, all[i].id);
        EQUAL(test_bits(rows[i].value), test_bits(all[i].value));
    }
}

static void check_checked(void)
{
    static const uint32_t widths[] = {3, 8, 32, 45, 192};
    test_case("keeps the rows with the largest values, the lower id among equals, in one scan or two");
    for (uint32_t round = 0; round < 200; round++) {
        make(1 + (uint32_t)(test_random(&seed) % TEST_ROWS), widths[round % 5]);
        const uint32_t capacity = round % 10 == 0 ? TEST_ROWS : (uint32_t)(test_random(&seed) % 40);
        check_best(capacity, (uint32_t)(test_random(&seed) % head.vocab));
    }
    test_case("takes rows whose value is no number before all others");
    make(100, 32);
    query.vector.scale = NAN;
    struct tl_shortlist list = {.rows = rows, .capacity = 3};
    EQUAL(tl_screen_checked(&list, &head.screen, &query.query, 40, 60), TL_OK);
    EQUAL(list.count, 3);
    for (uint32_t i = 0; i < 3; i++) CHECK(rows[i].value == INFINITY && rows[i].id < 43);
}

static void check_file(void)
{
    static const float bad_norms[] = {0.0f, -1.0f, INFINITY, NAN};
    test_case("knows the file's size and where its parts are");
    EQUAL(tl_screen_bytes(32000, 192), 3552004);
    EQUAL(tl_screen_bytes(7, 33), 7 * (20 + 4 + 1) + 4);
    EQUAL(tl_screen_bytes(16777216, 65536), 16777216ull * (32768 + 4096 + 1024) + 4);
    make(9, 50);
    const unsigned char *start = (const unsigned char *)head.file;
    CHECK(head.screen.codes == start);
    CHECK((const unsigned char *)head.screen.scales == start + 9 * 28);
    CHECK(head.screen.ratios == start + 9 * 28 + 9 * 4);
    CHECK(memcmp(&head.screen.largest_norm, start + tl_screen_bytes(9, 50) - 4, 4) == 0);
    test_case("refuses a largest norm that is no positive finite number");
    for (uint32_t i = 0; i < 4; i++) {
        make(9, 50);
        memcpy((char *)head.file + tl_screen_bytes(9, 50) - 4, &bad_norms[i], 4);
        EQUAL(tl_screen_over(&head.screen, head.file, 9, 50), TL_ERR_BAD_WEIGHTS);
    }
}

static void check_bad_scales(void)
{
    static const uint16_t bad_scales[] = {0x7f80, 0x7fc0, 0xff80, 0xffff, 0xbf80};
    test_case("refuses a scale that is NaN, infinite or negative, wherever it is");
    for (uint32_t i = 0; i < 5; i++) {
        make(9, 50);
        *test_screen_scale(&head, i == 0 ? 0 : 8, i == 0 ? 0 : 1) = bad_scales[i];
        EQUAL(tl_screen_over(&head.screen, head.file, 9, 50), TL_ERR_BAD_WEIGHTS);
    }
    test_case("notices scales that are no numbers any more while scanning");
    for (uint32_t i = 0; i < 4; i++) {
        struct tl_shortlist list = {.rows = rows, .capacity = TEST_ROWS, .lower = -INFINITY};
        make(9, 50);
        *test_screen_scale(&head, 5, i % 2) = bad_scales[i];
        EQUAL(tl_screen_certain(&list, &head.screen, &query.query, 0, 9), TL_ERR_BAD_WEIGHTS);
        list.count = 0;
        EQUAL(tl_screen_checked(&list, &head.screen, &query.query, 0, 9), TL_ERR_BAD_WEIGHTS);
        EQUAL(tl_screen_checked(&list, &head.screen, &query.query, 6, 3), TL_OK);
    }
}

static void check_prune_and_sort(void)
{
    struct tl_candidate five[] = {{9, 0, 2}, {3, 0, NAN}, {7, 0, 1}, {1, 0, INFINITY}, {5, 0, 1.5f}};
    struct tl_shortlist list = {.rows = five, .capacity = 5, .count = 5};
    test_case("drops rows below a bound, keeps equal ones and NaN, in their order");
    tl_shortlist_prune(&list, 1.5f);
    EQUAL(list.count, 4);
    EQUAL(five[0].id, 9);
    EQUAL(five[1].id, 3);
    EQUAL(five[2].id, 1);
    EQUAL(five[3].id, 5);
    EQUAL(list.compared, 5);
    test_case("orders lists of any length by id");
    for (uint32_t count = 0; count < 60; count++) {
        list = (struct tl_shortlist){.rows = rows, .capacity = TEST_ROWS, .count = count};
        for (uint32_t i = 0; i < count; i++) rows[i] = (struct tl_candidate){i, (float)i, (float)i};
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t other = (uint32_t)(test_random(&seed) % count);
            const struct tl_candidate row = rows[i];
            rows[i] = rows[other];
            rows[other] = row;
        }
        tl_shortlist_sort_by_id(&list);
        for (uint32_t i = 0; i < count; i++) CHECK(rows[i].id == i && rows[i].value == (float)i);
    }
}

/** Comparisons that a list of `capacity` takes to see every row. */
static uint32_t comparisons(uint32_t capacity)
{
    struct tl_shortlist list = {.rows = rows, .capacity = capacity};
    EQUAL(tl_screen_checked(&list, &head.screen, &query.query, 0, head.vocab), TL_OK);
    return list.compared;
}

/* A heap: nothing where no row is taken, and for each that is at most two a level. */
static void check_comparisons(void)
{
    test_case("counts the comparisons of its lists: more for longer ones, by the logarithm of their length");
    make(TEST_ROWS, 64);
    EQUAL(comparisons(1), 0);
    CHECK(comparisons(40) >= 39 && comparisons(40) <= TEST_ROWS * 2 * 6);
    const uint32_t filled = comparisons(TEST_ROWS);
    CHECK(filled >= TEST_ROWS - 1 && filled <= TEST_ROWS * 9);
    struct tl_shortlist list = {.rows = rows, .capacity = TEST_ROWS, .count = TEST_ROWS};
    tl_shortlist_sort_by_id(&list);
    CHECK(list.compared >= TEST_ROWS && list.compared <= 2 * TEST_ROWS * 2 * 9);
}

int main(void)
{
    check_comparisons();
    check_file();
    check_bad_scales();
    check_checked();
    check_prune_and_sort();
    return test_report();
}
