#ifndef TL_KERNELS_H
#define TL_KERNELS_H

#include <stdint.h>

/* The float32 kernels of firmware/FORMATS.md. All are pure; lengths are in elements. */

/** Sum of a[i] * b[i] in four lanes: (s0 + s1) + (s2 + s3). */
float tl_dot(const float *a, const float *b, uint32_t n);

/** Sum of a[i] in four lanes. */
float tl_sum(const float *a, uint32_t n);

/** out (rows) = matrix (rows, cols) times x (cols). */
void tl_matvec(float *out, const float *matrix, const float *x, uint32_t rows, uint32_t cols);

/** out (n) = weight * (x * r), r = rsqrt(dot(x, x) / n + eps). `out` may be `x`. */
void tl_rmsnorm(float *out, const float *x, const float *weight, uint32_t n, float eps);

/** Rotates one head in place: element i with element i + head_dim / 2, by the angle of cosine[i] and sine[i]. */
void tl_rope(float *head, const float *cosine, const float *sine, uint32_t head_dim);

/** Softmax in place; n >= 1. */
void tl_softmax(float *scores, uint32_t n);

/** gate (n) becomes silu(gate) * up. */
void tl_swiglu(float *gate, const float *up, uint32_t n);

/** x (n) += y. */
void tl_add(float *x, const float *y, uint32_t n);

#endif
