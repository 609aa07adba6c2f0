/*
 * Weights to the values of a grid with the scales of the least squared error: the search `clip` of harness/quantization/quantizers/fit.ts for 2 to 8
 * bits without a zero point, in WebAssembly with SIMD, two scales at a time. Linked with train.c and memory.c. Equal to fit.ts to the bit: binary64, every sum in the order of the weights.
 */
#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) name
#define STEPS 50
#define NO_FRACTION 6755399441055744.0 /* 1.5 * 2^52: added and taken away it rounds to the nearest integer, ties to even */

struct grid {
  int32_t odd, lopsided, narrow; /* 2 bits: odd codes only; one code more below zero; scales are kept as bfloat16 */
  double least, largest, least_share;
};

static struct grid grid_of(int32_t bits) {
  struct grid g = {bits == 2, bits == 3 || bits == 4, bits <= 4, 0, bits == 2 ? 3 : (double)((1 << (bits - 1)) - 1), bits == 2 ? 0.06 : 0.2};
  g.least = -g.largest - g.lopsided;
  return g;
}

/* A scale as a card keeps it. */
static double stored(double scale, const struct grid *g) {
  union { float f; uint32_t u; } both = {(float)scale};
  if (g->narrow) both.u = (both.u + 0x7fffu + ((both.u >> 16) & 1u)) & 0xffff0000u;
  return both.f;
}

static v128_t codes(v128_t ratio, const struct grid *g) {
  v128_t no_fraction = wasm_f64x2_const_splat(NO_FRACTION), two = wasm_f64x2_const_splat(2.0);
  v128_t code = g->odd ? wasm_f64x2_add(wasm_f64x2_mul(two, wasm_f64x2_floor(wasm_f64x2_div(ratio, two))), wasm_f64x2_const_splat(1.0))
                       : wasm_f64x2_sub(wasm_f64x2_add(ratio, no_fraction), no_fraction);
  return wasm_f64x2_pmin(wasm_f64x2_splat(g->largest), wasm_f64x2_pmax(wasm_f64x2_splat(g->least), code));
}

/* The squared errors of two scales; may stop early once both are no better than `enough`. */
static v128_t squared_errors(const float *values, int32_t n, v128_t scales, const struct grid *g, double enough) {
  v128_t sum = wasm_f64x2_const_splat(0);
  for (int32_t i = 0; i < n; i++) {
    v128_t value = wasm_f64x2_splat((double)values[i]);
    v128_t error = wasm_f64x2_sub(value, wasm_f64x2_mul(codes(wasm_f64x2_div(value, scales), g), scales));
    sum = wasm_f64x2_add(sum, wasm_f64x2_mul(error, error));
    if ((i & 7) == 7 && wasm_f64x2_extract_lane(sum, 0) >= enough && wasm_f64x2_extract_lane(sum, 1) >= enough) break;
  }
  return sum;
}

/* What is tried, from the widest scale down; ends before a scale of 0. */
static int32_t candidates(double *scales, double widest, const struct grid *g) {
  int32_t count = 0;
  scales[count++] = widest;
  for (int32_t step = 1; step <= STEPS; step++) {
    double share = 1 - ((1 - g->least_share) * step) / STEPS;
    for (int32_t sign = 1; sign >= (g->lopsided ? -1 : 1); sign -= 2) {
      double scale = stored(sign * widest * share, g);
      if (scale == 0) return count;
      scales[count++] = scale;
    }
  }
  return count;
}

static double best_scale(const float *values, int32_t n, const struct grid *g) {
  double largest = 0, scales[2 * STEPS + 2], best = 0, enough = __builtin_inf();
  for (int32_t i = 0; i < n; i++) {
    double magnitude = __builtin_fabs((double)values[i]);
    if (magnitude > largest) largest = magnitude;
  }
  double widest = stored(largest / g->largest, g);
  if (widest == 0) return 0;
  int32_t count = candidates(scales, widest, g);
  scales[count] = scales[count - 1];
  for (int32_t at = 0; at < count; at += 2) {
    v128_t errors = squared_errors(values, n, wasm_f64x2_make(scales[at], scales[at + 1]), g, enough);
    double error[2] = {wasm_f64x2_extract_lane(errors, 0), wasm_f64x2_extract_lane(errors, 1)};
    for (int32_t lane = 0; lane < 2; lane++)
      if (error[lane] < enough) enough = error[lane], best = scales[at + lane];
  }
  return best;
}

static void round_span(float *out, const float *values, int32_t n, const struct grid *g) {
  double scale = best_scale(values, n, g);
  v128_t scales = wasm_f64x2_splat(scale);
  for (int32_t i = 0; i < n; i++) {
    v128_t ratio = scale == 0 ? wasm_f64x2_const_splat(0) : wasm_f64x2_div(wasm_f64x2_splat((double)values[i]), scales);
    out[i] = (float)(wasm_f64x2_extract_lane(codes(ratio, g), 0) * scale);
  }
}

/* values and out: `length` weights in units (rows or matrices) of `unit`, in which every `size` weights share a scale, the last ones fewer. */
void EXPORT(round_matrix)(float *out, const float *values, int32_t length, int32_t unit, int32_t size, int32_t bits) {
  struct grid g = grid_of(bits);
  for (int32_t start = 0; start < length; start += unit)
    for (int32_t from = 0; from < unit; from += size)
      round_span(out + start + from, values + start + from, from + size < unit ? size : unit - from, &g);
}
