#include "tl_kernels.h"

#include "tl_math.h"

/*
 * On the LX6 four elements cost 8 loads (lsi), 4 mul.s, 4 add.s and 2 pointer steps in a zero-overhead loop: 4.5
 * instructions a multiply-accumulate, one more than with madd.s, which would round once instead of twice and part the
 * ports. The four lanes are no luxury: an add.s waits for the one before it in its lane, and with a single sum the
 * FPU would stall on every element.
 */
float tl_dot(const float *a, const float *b, uint32_t n)
{
    float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
    const uint32_t whole = n & ~3u;
    for (uint32_t i = 0; i < whole; i += 4) {
        s0 = s0 + a[i] * b[i];
        s1 = s1 + a[i + 1] * b[i + 1];
        s2 = s2 + a[i + 2] * b[i + 2];
        s3 = s3 + a[i + 3] * b[i + 3];
    }
    if (n - whole > 0) s0 = s0 + a[whole] * b[whole];
    if (n - whole > 1) s1 = s1 + a[whole + 1] * b[whole + 1];
    if (n - whole > 2) s2 = s2 + a[whole + 2] * b[whole + 2];
    return (s0 + s1) + (s2 + s3);
}

float tl_sum(const float *a, uint32_t n)
{
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    for (uint32_t i = 0; i < n; i++) lane[i & 3u] = lane[i & 3u] + a[i];
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

void tl_matvec(float *out, const float *matrix, const float *x, uint32_t rows, uint32_t cols)
{
    for (uint32_t row = 0; row < rows; row++) {
        out[row] = tl_dot(matrix, x, cols);
        matrix += cols;
    }
}

void tl_rmsnorm(float *out, const float *x, const float *weight, uint32_t n, float eps)
{
    const float r = tl_rsqrt(tl_dot(x, x, n) / (float)n + eps);
    for (uint32_t i = 0; i < n; i++) out[i] = weight[i] * (x[i] * r);
}

void tl_rope(float *head, const float *cosine, const float *sine, uint32_t head_dim)
{
    const uint32_t half = head_dim / 2;
    for (uint32_t i = 0; i < half; i++) {
        const float u = head[i];
        const float w = head[i + half];
        head[i] = u * cosine[i] - w * sine[i];
        head[i + half] = w * cosine[i] + u * sine[i];
    }
}

void tl_softmax(float *scores, uint32_t n)
{
    float m = scores[0];
    for (uint32_t t = 1; t < n; t++) {
        if (scores[t] > m) m = scores[t];
    }
    for (uint32_t t = 0; t < n; t++) scores[t] = tl_exp(scores[t] - m);
    const float inv = 1.0f / tl_sum(scores, n);
    for (uint32_t t = 0; t < n; t++) scores[t] = scores[t] * inv;
}

void tl_swiglu(float *gate, const float *up, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) gate[i] = (gate[i] / (1.0f + tl_exp(-gate[i]))) * up[i];
}

void tl_add(float *x, const float *y, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) x[i] = x[i] + y[i];
}
