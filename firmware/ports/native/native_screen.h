#ifndef NATIVE_SCREEN_H
#define NATIVE_SCREEN_H

#include "tl_screen.h"

#define TEST_ROWS 300u
#define TEST_HIDDEN 200u
#define TEST_GROUPS 7u

/** A head with its screen, written plainly from firmware/FORMATS.md "The screen". */
struct test_head {
    uint32_t vocab;
    uint32_t hidden;
    float weights[TEST_ROWS * TEST_HIDDEN]; /* (vocab, hidden) */
    uint32_t file[TEST_ROWS * (TEST_HIDDEN / 8 + TEST_GROUPS) + 1]; /* lm_head.screen, aligned */
    struct tl_screen screen;
};

/** A normalized h, quantized by the page, and what the core asks of it. */
struct test_query {
    float values[TEST_HIDDEN];
    int32_t sums[TEST_GROUPS];
    int16_t codes[TEST_HIDDEN];
    float group_norms[TEST_GROUPS];
    struct tl_vector vector;
    struct tl_screen_query query;
};

/**
 * Writes the screen of head->weights; scales are `coarseness` (0.9 .. 1.6) times "largest magnitude over 7", rounded up
 * to bf16, and ratios are honest. Returns what tl_screen_over() does.
 */
int test_screen_write(struct test_head *head, double coarseness);

/** Quantizes query->values (hidden of the head) and asks. */
void test_screen_ask(struct test_query *query, const struct test_head *head);

/** The row's logit in format float32, in four lanes. */
float test_exact_logit(const struct test_head *head, const struct test_query *query, uint32_t row);

/** y of the row, from the bytes of the file. */
float test_screen_value(const struct test_head *head, const struct test_query *query, uint32_t row);

/** Parts of the file: a group's scale, where a row's ratios begin (that of `vocab`: where the largest norm lies), and the value of a code. */
uint16_t *test_screen_scale(struct test_head *head, uint32_t row, uint32_t group);
unsigned char *test_screen_ratios(struct test_head *head, uint32_t row);
int test_screen_code(const struct test_head *head, uint32_t row, uint32_t i);

#endif
