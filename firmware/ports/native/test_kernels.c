/* The float32 kernels: the order of sums to the bit, the rest against double precision. */

#include <math.h>
#include <string.h>

#include "native_check.h"
#include "tl_kernels.h"
#include "tl_math.h"

#define N 71

/** FORMATS.md "Sums", written as it reads: element i goes to lane i mod 4. */
static float lanes(const float *a, const float *b, uint32_t n)
{
    volatile float s[4] = {0, 0, 0, 0};
    for (uint32_t i = 0; i < n; i++) {
        volatile float product = b ? a[i] * b[i] : a[i];
        s[i % 4] = s[i % 4] + product;
    }
    volatile float low = s[0] + s[1];
    volatile float high = s[2] + s[3];
    return low + high;
}

static void check_orders(void)
{
    uint64_t seed = 1;
    float a[N], b[N];
    test_case("adds in four lanes for every length, to the bit");
    for (int round = 0; round < 200; round++) {
        for (int i = 0; i < N; i++) {
            a[i] = test_random_float(&seed) * powf(2.0f, (float)(test_random(&seed) % 24));
            b[i] = test_random_float(&seed);
        }
        for (uint32_t n = 0; n <= N; n++) {
            EQUAL(test_bits(tl_dot(a, b, n)), test_bits(lanes(a, b, n)));
            EQUAL(test_bits(tl_sum(a, n)), test_bits(lanes(a, NULL, n)));
        }
    }
    test_case("gives what only four lanes give");
    const float big[8] = {1e8f, 1.0f, -1e8f, 1.0f, -1e8f, 1.0f, 1e8f, 1.0f};
    EQUAL(tl_sum(big, 8), 4);
}

static void check_matvec(void)
{
    uint64_t seed = 2;
    float matrix[5 * 7], x[7], out[6];
    test_case("multiplies row by row and writes nothing else");
    for (int i = 0; i < 35; i++) matrix[i] = test_random_float(&seed);
    for (int i = 0; i < 7; i++) x[i] = test_random_float(&seed);
    out[5] = 42.0f;
    tl_matvec(out, matrix, x, 5, 7);
    for (uint32_t row = 0; row < 5; row++) EQUAL(test_bits(out[row]), test_bits(lanes(matrix + 7 * row, x, 7)));
    EQUAL(test_bits(out[5]), test_bits(42.0f));
}

static void check_rmsnorm(void)
{
    uint64_t seed = 3;
    float x[N], weight[N], out[N];
    double square = 0;
    for (int i = 0; i < N; i++) {
        x[i] = test_random_float(&seed);
        weight[i] = test_random_float(&seed);
        square += (double)x[i] * x[i];
    }
    test_case("normalizes by the root of the mean square");
    tl_rmsnorm(out, x, weight, N, 1e-5f);
    for (int i = 0; i < N; i++) AT_MOST(fabs(out[i] - weight[i] * x[i] / sqrt(square / N + 1e-5)), 1e-6);
    test_case("normalizes in place, and a vector of zeros to zeros");
    float copy[N];
    memcpy(copy, x, sizeof x);
    tl_rmsnorm(copy, copy, weight, N, 1e-5f);
    CHECK(memcmp(copy, out, sizeof out) == 0);
    const float zeros[4] = {0};
    tl_rmsnorm(copy, zeros, weight, 4, 1e-5f);
    for (int i = 0; i < 4; i++) CHECK(copy[i] == 0.0f);
}

static void check_softmax(void)
{
    float scores[N];
    double truth[N], total = 0, sum = 0;
    uint64_t seed = 4;
    test_case("softmax sums to one and matches double precision");
    for (int i = 0; i < N; i++) scores[i] = 20.0f * test_random_float(&seed);
    for (int i = 0; i < N; i++) total += truth[i] = exp((double)scores[i]);
    tl_softmax(scores, N);
    for (int i = 0; i < N; i++) {
        AT_MOST(fabs(scores[i] - truth[i] / total), 1e-6);
        sum += scores[i];
    }
    AT_MOST(fabs(sum - 1.0), 1e-6);
    test_case("softmax stands very large scores, and a single one");
    float large[3] = {3e38f, -3e38f, 3e38f};
    tl_softmax(large, 3);
    CHECK(large[0] == 0.5f && large[1] == 0.0f && large[2] == 0.5f);
    float single = -7.0f;
    tl_softmax(&single, 1);
    CHECK(single == 1.0f);
}

static void check_rope_and_swiglu(void)
{
    uint64_t seed = 5;
    float head[10], before[10], cosine[5], sine[5], gate[N], up[N], was[N];
    test_case("rotates element i with element i + half, keeping lengths");
    for (int i = 0; i < 10; i++) before[i] = head[i] = test_random_float(&seed);
    for (int i = 0; i < 5; i++) tl_sincos(0.7f * (float)(i + 1), &sine[i], &cosine[i]);
    tl_rope(head, cosine, sine, 10);
    for (int i = 0; i < 5; i++) {
        AT_MOST(fabs(head[i] - (before[i] * cos(0.7 * (i + 1)) - before[i + 5] * sin(0.7 * (i + 1)))), 1e-6);
        AT_MOST(fabs(head[i + 5] - (before[i + 5] * cos(0.7 * (i + 1)) + before[i] * sin(0.7 * (i + 1)))), 1e-6);
    }
    test_case("gates by SiLU, far out on both sides too");
    for (int i = 0; i < N; i++) {
        was[i] = gate[i] = 120.0f * test_random_float(&seed);
        up[i] = test_random_float(&seed);
    }
    tl_swiglu(gate, up, N);
    for (int i = 0; i < N; i++) AT_MOST(fabs(gate[i] - was[i] / (1 + exp(-(double)was[i])) * up[i]), 2e-5);
}

int main(void)
{
    check_orders();
    check_matvec();
    check_rmsnorm();
    check_softmax();
    check_rope_and_swiglu();
    return test_report();
}
