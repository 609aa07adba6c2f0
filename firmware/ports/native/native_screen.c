#include "native_screen.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "native_check.h"

static uint32_t row_bytes(const struct test_head *head)
{
    return ((head->hidden + 1) / 2 + 3) / 4 * 4;
}

static uint32_t groups(const struct test_head *head)
{
    return (head->hidden + 31) / 32;
}

static unsigned char *codes(const struct test_head *head, uint32_t row)
{
    return (unsigned char *)head->file + row * row_bytes(head);
}

uint16_t *test_screen_scale(struct test_head *head, uint32_t row, uint32_t group)
{
    return (uint16_t *)(void *)codes(head, head->vocab) + row * groups(head) + group;
}

unsigned char *test_screen_ratios(struct test_head *head, uint32_t row)
{
    return (unsigned char *)test_screen_scale(head, head->vocab, 0) + row * ((groups(head) + 1) / 2);
}

int test_screen_code(const struct test_head *head, uint32_t row, uint32_t i)
{
    return (codes(head, row)[i / 2] >> (4 * (i % 2)) & 15) - 8;
}

static double scale_value(uint16_t bits)
{
    return test_float((uint32_t)bits << 16);
}

/** The smallest normal bf16 that is at least `value`. */
static uint16_t bf16_above(double value)
{
    uint32_t bits = test_bits((float)value) >> 16;
    if (bits < 0x80) bits = 0x80;
    while (scale_value((uint16_t)bits) < value) bits++;
    return (uint16_t)bits;
}

static void write_group(struct test_head *head, uint32_t row, uint32_t group, double coarseness)
{
    const float *w = head->weights + row * head->hidden;
    const uint32_t end = 32 * group + 32 < head->hidden ? 32 * group + 32 : head->hidden;
    double largest = 0, square = 0;
    for (uint32_t i = 32 * group; i < end; i++) largest = fmax(largest, fabs((double)w[i]));
    if (largest == 0) return;
    const uint16_t bits = bf16_above(coarseness * largest / 7);
    for (uint32_t i = 32 * group; i < end; i++) {
        const double code = fmax(-8, fmin(7, floor(w[i] / scale_value(bits) + 0.5)));
        const double error = w[i] - code * scale_value(bits);
        codes(head, row)[i / 2] = (unsigned char)(codes(head, row)[i / 2] | (int)(code + 8) << (4 * (i % 2)));
        square += error * error;
    }
    *test_screen_scale(head, row, group) = bits;
    const double eighths = ceil(8 * sqrt(square) * (1 + 1e-12) / scale_value(bits));
    if (eighths > 23) abort();
    test_screen_ratios(head, row)[group / 2] |= (unsigned char)((int)fmax(0, eighths - 8) << (4 * (group % 2)));
}

int test_screen_write(struct test_head *head, double coarseness)
{
    double norm = ldexp(1, -140);
    memset(head->file, 0, sizeof head->file);
    for (uint32_t row = 0; row < head->vocab; row++) {
        double square = 0;
        for (uint32_t g = 0; g < groups(head); g++) write_group(head, row, g, coarseness);
        for (uint32_t i = 0; i < head->hidden; i++) square += pow(head->weights[row * head->hidden + i], 2);
        norm = fmax(norm, sqrt(square));
    }
    const float above = nextafterf((float)norm, INFINITY);
    memcpy(test_screen_ratios(head, head->vocab), &above, sizeof above);
    return tl_screen_over(&head->screen, head->file, head->vocab, head->hidden);
}

static int16_t quantized(float x, float inv)
{
    const float t = x * inv;
    const float moved = t >= 0 ? t + 0.5f : t - 0.5f;
    return (int16_t)fmaxf(-32767, fminf(32767, truncf(moved)));
}

void test_screen_ask(struct test_query *query, const struct test_head *head)
{
    float amax = 0;
    for (uint32_t i = 0; i < head->hidden; i++) {
        amax = isnan(query->values[i]) ? INFINITY : fmaxf(amax, fabsf(query->values[i]));
    }
    const bool sound = isfinite(amax) && amax >= ldexpf(1, -100);
    const float inv = sound ? 32767 / amax : 0;
    memset(query->sums, 0, sizeof query->sums);
    for (uint32_t i = 0; i < head->hidden; i++) {
        query->codes[i] = sound ? quantized(query->values[i], inv) : 0;
        query->sums[i / 32] += query->codes[i];
    }
    query->vector = (struct tl_vector){query->values, head->hidden, query->codes, query->sums, 0};
    query->vector.scale = !isfinite(amax) ? NAN : sound ? amax / 32767 : 0;
    tl_screen_ask(&query->query, &head->screen, &query->vector, query->group_norms);
}

float test_exact_logit(const struct test_head *head, const struct test_query *query, uint32_t row)
{
    volatile float s[4] = {0, 0, 0, 0};
    for (uint32_t i = 0; i < head->hidden; i++) {
        volatile float product = head->weights[row * head->hidden + i] * query->values[i];
        s[i % 4] = s[i % 4] + product;
    }
    volatile float low = s[0] + s[1];
    volatile float high = s[2] + s[3];
    return low + high;
}

float test_screen_value(const struct test_head *head, const struct test_query *query, uint32_t row)
{
    volatile float t = 0;
    for (uint32_t g = 0; g < groups(head); g++) {
        int64_t sum = 0;
        for (uint32_t i = 32 * g; i < 32 * g + 32 && i < head->hidden; i++) {
            sum += test_screen_code(head, row, i) * query->codes[i];
        }
        volatile float part = (float)sum * test_float((uint32_t)head->screen.scales[row * groups(head) + g] << 16);
        t = t + part;
    }
    return t * query->vector.scale;
}
