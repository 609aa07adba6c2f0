/*
 * What training with the quantizer in the loop spends its time in (harness/quantization/qat): forward pass, distillation loss and gradients of one
 * document at a time, in binary32 with WebAssembly SIMD. The same formulas as the trainer's (harness/model/training), in another order of sums;
 * tests hold it to the trainer's gradients. Built with -ffp-contract=off: the same on every machine.
 *
 * Rows are positions. Arrays are row-major without padding, but for attention's weights.
 */
#include "memory.h"
#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) name
#define MAX_LAYERS 64
#define BLOCK 32 /* rows of attention's weights that are made together: columns beyond the last of them are left out */

/* The order of TENSOR_NAMES (harness/model/checkpoint.ts); layers are stacked. */
enum { EMBED, NORM1, Q, K, V, O, NORM2, GATE, UP, DOWN, FINAL_NORM, HEAD, TENSORS };
enum { TEACHER, STUDENT, GRADIENTS, MODELS };

/* What one layer computed on the way forward, kept for the way back; or the gradients of it. */
struct trace {
  float *input, *normed1, *inverse1; /* (rows, hidden), (rows, hidden), (rows) */
  float *q, *k, *v;                  /* (rows, heads * head), (rows, kv_heads * head) twice; q and k rotated */
  float *weights;                    /* (heads, rows, stride) */
  float *mixed;                      /* (rows, heads * head) */
  float *middle, *normed2, *inverse2;
  float *gate, *up, *activated; /* (rows, ffn) */
};

static struct {
  int32_t hidden, ffn, layers, heads, kv_heads, head, vocab, most_rows;
  float eps, scale;
  float *tensors[MODELS][TENSORS];
  const float *cosines, *sines; /* (most_rows, head / 2) */
  struct trace layer[MAX_LAYERS], gradient;
  float *stream, *normed, *inverse, *narrow, *residual; /* (rows, hidden) but inverse (rows), narrow (rows, widest of hidden, queries) */
  float *logits, *taught;                               /* (rows, vocab) */
  float *square;                                        /* (BLOCK, rows) */
  float *packed;                                        /* (longest inner side, 8) */
  float *plain, *warm, *soft;                           /* (vocab) */
} m;

/* ---- products ---- */

/* Element (i, j) is at[i * row + j * col]. */
struct view {
  const float *at;
  int32_t row, col;
};

static void add_row(float *out, v128_t left, v128_t right) {
  wasm_v128_store(out, wasm_f32x4_add(wasm_v128_load(out), left));
  wasm_v128_store(out + 4, wasm_f32x4_add(wasm_v128_load(out + 4), right));
}

/* out (rows, cols), rows of `stride` floats, += a (rows, inner) times `b`, (inner, 8) packed; at most 4 rows and 8 columns. */
static void add_tile(float *out, int32_t stride, struct view a, const float *b, int32_t rows, int32_t cols, int32_t inner) {
  const float *a0 = a.at, *a1 = rows > 1 ? a0 + a.row : a0, *a2 = rows > 2 ? a1 + a.row : a0, *a3 = rows > 3 ? a2 + a.row : a0;
  v128_t s00 = wasm_f32x4_const_splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  for (int32_t p = 0; p < inner; p++) {
    v128_t b0 = wasm_v128_load(b), b1 = wasm_v128_load(b + 4);
    v128_t x0 = wasm_v128_load32_splat(a0), x1 = wasm_v128_load32_splat(a1);
    v128_t x2 = wasm_v128_load32_splat(a2), x3 = wasm_v128_load32_splat(a3);
    s00 = wasm_f32x4_add(s00, wasm_f32x4_mul(x0, b0)), s01 = wasm_f32x4_add(s01, wasm_f32x4_mul(x0, b1));
    s10 = wasm_f32x4_add(s10, wasm_f32x4_mul(x1, b0)), s11 = wasm_f32x4_add(s11, wasm_f32x4_mul(x1, b1));
    s20 = wasm_f32x4_add(s20, wasm_f32x4_mul(x2, b0)), s21 = wasm_f32x4_add(s21, wasm_f32x4_mul(x2, b1));
    s30 = wasm_f32x4_add(s30, wasm_f32x4_mul(x3, b0)), s31 = wasm_f32x4_add(s31, wasm_f32x4_mul(x3, b1));
    a0 += a.col, a1 += a.col, a2 += a.col, a3 += a.col, b += 8;
  }
  if (rows == 4 && cols == 8) {
    add_row(out, s00, s01), add_row(out + stride, s10, s11);
    add_row(out + 2 * (size_t)stride, s20, s21), add_row(out + 3 * (size_t)stride, s30, s31);
    return;
  }
  float sums[4][8];
  wasm_v128_store(sums[0], s00), wasm_v128_store(sums[0] + 4, s01), wasm_v128_store(sums[1], s10), wasm_v128_store(sums[1] + 4, s11);
  wasm_v128_store(sums[2], s20), wasm_v128_store(sums[2] + 4, s21), wasm_v128_store(sums[3], s30), wasm_v128_store(sums[3] + 4, s31);
  for (int32_t i = 0; i < rows; i++)
    for (int32_t j = 0; j < cols; j++) out[(size_t)i * stride + j] += sums[i][j];
}

static int32_t smaller(int32_t a, int32_t b) { return a < b ? a : b; }
static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

/* out (inner, 8) = b (inner, cols), 0 beyond its columns. */
static void pack(float *out, struct view b, int32_t inner, int32_t cols) {
  if (cols == 8 && b.col == 1) {
    for (int32_t p = 0; p < inner; p++, out += 8, b.at += b.row) {
      wasm_v128_store(out, wasm_v128_load(b.at));
      wasm_v128_store(out + 4, wasm_v128_load(b.at + 4));
    }
    return;
  }
  for (int32_t k = 0; k < 8; k++)
    for (int32_t p = 0; p < inner; p++) out[p * 8 + k] = k < cols ? b.at[(size_t)p * b.row + (size_t)k * b.col] : 0.0f;
}

/* out (rows, cols), rows of `stride` floats, += a (rows, inner) times b (inner, cols); each sum over `inner` in rising order. */
static void add_product(float *out, int32_t stride, struct view a, struct view b, int32_t rows, int32_t cols, int32_t inner) {
  for (int32_t j = 0; j < cols; j += 8) {
    int32_t width = smaller(8, cols - j);
    pack(m.packed, (struct view){b.at + (size_t)j * b.col, b.row, b.col}, inner, width);
    for (int32_t i = 0; i < rows; i += 4) {
      struct view some = {a.at + (size_t)i * a.row, a.row, a.col};
      add_tile(out + (size_t)i * stride + j, stride, some, m.packed, smaller(4, rows - i), width, inner);
    }
  }
}

static void clear(float *x, size_t length) { __builtin_memset(x, 0, length * sizeof *x); }

/* out (rows, outs) = x (rows, ins) times the transpose of weight (outs, ins). */
static void linear(float *out, const float *x, const float *weight, int32_t rows, int32_t outs, int32_t ins) {
  clear(out, (size_t)rows * outs);
  add_product(out, outs, (struct view){x, ins, 1}, (struct view){weight, 1, ins}, rows, outs, ins);
}

/* dx (rows, ins) += d weight; d_weight (outs, ins) += the transpose of d times x. d is (rows, outs). */
static void linear_backward(float *dx, float *d_weight, const float *d, const float *x, const float *weight, int32_t rows, int32_t outs,
                            int32_t ins) {
  add_product(dx, ins, (struct view){d, outs, 1}, (struct view){weight, ins, 1}, rows, ins, outs);
  add_product(d_weight, ins, (struct view){d, 1, outs}, (struct view){x, ins, 1}, outs, ins, rows);
}

/* ---- functions ---- */

static float lanes(v128_t s) {
  return (wasm_f32x4_extract_lane(s, 0) + wasm_f32x4_extract_lane(s, 1)) +
         (wasm_f32x4_extract_lane(s, 2) + wasm_f32x4_extract_lane(s, 3));
}

static float dot(const float *a, const float *b, int32_t n) {
  v128_t s = wasm_f32x4_const_splat(0);
  int32_t i = 0;
  for (; i + 4 <= n; i += 4) s = wasm_f32x4_add(s, wasm_f32x4_mul(wasm_v128_load(a + i), wasm_v128_load(b + i)));
  float sum = lanes(s);
  for (; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* e^x (Cephes' expf), 0 below -87, that of 88 above; NaN gives NaN. */
static v128_t exp4(v128_t x) {
  v128_t small = wasm_f32x4_lt(x, wasm_f32x4_const_splat(-87.0f)), lost = wasm_f32x4_ne(x, x);
  x = wasm_f32x4_pmax(wasm_f32x4_const_splat(-87.0f), wasm_f32x4_pmin(wasm_f32x4_const_splat(88.0f), x));
  v128_t k = wasm_f32x4_nearest(wasm_f32x4_mul(x, wasm_f32x4_const_splat(1.44269504f)));
  v128_t r = wasm_f32x4_sub(x, wasm_f32x4_mul(k, wasm_f32x4_const_splat(0.693359375f)));
  r = wasm_f32x4_sub(r, wasm_f32x4_mul(k, wasm_f32x4_const_splat(-2.12194440e-4f)));
  static const float terms[] = {1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
  v128_t p = wasm_f32x4_const_splat(1.9875691500e-4f);
  for (int i = 0; i < 5; i++) p = wasm_f32x4_add(wasm_f32x4_mul(p, r), wasm_f32x4_splat(terms[i]));
  v128_t y = wasm_f32x4_add(wasm_f32x4_mul(p, wasm_f32x4_mul(r, r)), wasm_f32x4_add(r, wasm_f32x4_const_splat(1.0f)));
  v128_t power = wasm_i32x4_shl(wasm_i32x4_add(wasm_i32x4_trunc_sat_f32x4(k), wasm_i32x4_const_splat(127)), 23);
  return wasm_v128_or(wasm_v128_andnot(wasm_f32x4_mul(y, power), small), lost);
}

/* Natural logarithm of x >= 1 (exact-math.ts); what is not finite stays. */
static double natural_log(double x) {
  double power = 0, sum = 0;
  if (!(x < __builtin_inf())) return x;
  for (; x >= 1.4142135623730951; power++) x *= 0.5;
  double s = (x - 1) / (x + 1), q = s * s;
  for (int k = 25; k >= 3; k -= 2) sum = (sum + 1.0 / k) * q;
  return power * 0.69314718055994531 + 2 * s * (sum + 1);
}

static float maximum(const float *x, int32_t n) {
  v128_t four = wasm_f32x4_splat(x[0]);
  int32_t i = 0;
  for (; i + 4 <= n; i += 4) four = wasm_f32x4_pmax(four, wasm_v128_load(x + i));
  four = wasm_f32x4_pmax(four, wasm_i32x4_shuffle(four, four, 2, 3, 0, 1));
  four = wasm_f32x4_pmax(four, wasm_i32x4_shuffle(four, four, 1, 0, 3, 2));
  float largest = wasm_f32x4_extract_lane(four, 0);
  for (; i < n; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

/*
 * out = softmax(x * scale); ln of the sum of e^(x * scale). May be in place. `out` has room for a multiple of 4: what is beyond n becomes 0.
 */
static double softmax(float *out, const float *x, int32_t n, float scale) {
  float largest = maximum(x, n);
  for (int32_t i = 0; i < n; i++) out[i] = (x[i] - largest) * scale;
  for (int32_t i = n; i & 3; i++) out[i] = -__builtin_inff();
  v128_t sum = wasm_f32x4_const_splat(0);
  for (int32_t i = 0; i < n; i += 4) {
    v128_t weights = exp4(wasm_v128_load(out + i));
    wasm_v128_store(out + i, weights);
    sum = wasm_f32x4_add(sum, weights);
  }
  float total = lanes(sum);
  v128_t inverse = wasm_f32x4_splat(1.0f / total);
  for (int32_t i = 0; i < n; i += 4) wasm_v128_store(out + i, wasm_f32x4_mul(wasm_v128_load(out + i), inverse));
  return (double)largest * scale + natural_log(total);
}

/* out (rows, hidden) = weight * x / sqrt(mean(x^2) + eps); `inverse` keeps 1 / sqrt(...) of each row. */
static void rms_norm(float *out, float *inverse, const float *x, const float *weight, int32_t rows) {
  int32_t n = m.hidden;
  for (int32_t row = 0; row < rows; row++, x += n, out += n) {
    float r = 1.0f / __builtin_sqrtf(dot(x, x, n) / (float)n + m.eps);
    inverse[row] = r;
    for (int32_t i = 0; i < n; i++) out[i] = weight[i] * x[i] * r;
  }
}

/* Adds to dx and d_weight; d is that of the norm's output, and lost. */
static void rms_norm_backward(float *dx, float *d_weight, float *d, const float *x, const float *weight, const float *inverse, int32_t rows) {
  int32_t n = m.hidden;
  for (int32_t row = 0; row < rows; row++, x += n, dx += n, d += n) {
    float r = inverse[row];
    for (int32_t i = 0; i < n; i++) d_weight[i] += d[i] * x[i] * r;
    for (int32_t i = 0; i < n; i++) d[i] *= weight[i];
    float pull = dot(d, x, n) * r * r * r / (float)n;
    for (int32_t i = 0; i < n; i++) dx[i] += d[i] * r - pull * x[i];
  }
}

/* Turns x (rows, heads * head) in place, element i with i + head / 2; `direction` -1 turns back. */
static void rotate(float *x, int32_t rows, int32_t heads, float direction) {
  int32_t half = m.head / 2;
  for (int32_t row = 0; row < rows; row++) {
    const float *cosines = m.cosines + row * half, *sines = m.sines + row * half;
    for (int32_t h = 0; h < heads; h++, x += m.head) {
      for (int32_t i = 0; i < half; i++) {
        float c = cosines[i], s = sines[i] * direction, u = x[i], w = x[half + i];
        x[i] = u * c - w * s;
        x[half + i] = w * c + u * s;
      }
    }
  }
}

/* out = silu(gate) * up; room for a multiple of 4 in all. */
static void swiglu(float *out, const float *gate, const float *up, int32_t length) {
  v128_t one = wasm_f32x4_const_splat(1.0f);
  for (int32_t i = 0; i < length; i += 4) {
    v128_t g = wasm_v128_load(gate + i);
    v128_t silu = wasm_f32x4_div(g, wasm_f32x4_add(one, exp4(wasm_f32x4_neg(g))));
    wasm_v128_store(out + i, wasm_f32x4_mul(silu, wasm_v128_load(up + i)));
  }
}

static void swiglu_backward(float *d_gate, float *d_up, const float *d, const float *gate, const float *up, int32_t length) {
  v128_t one = wasm_f32x4_const_splat(1.0f);
  for (int32_t i = 0; i < length; i += 4) {
    v128_t g = wasm_v128_load(gate + i), from = wasm_v128_load(d + i);
    v128_t sigmoid = wasm_f32x4_div(one, wasm_f32x4_add(one, exp4(wasm_f32x4_neg(g))));
    v128_t silu = wasm_f32x4_mul(g, sigmoid);
    v128_t slope = wasm_f32x4_add(sigmoid, wasm_f32x4_mul(silu, wasm_f32x4_sub(one, sigmoid)));
    wasm_v128_store(d_up + i, wasm_f32x4_mul(from, silu));
    wasm_v128_store(d_gate + i, wasm_f32x4_mul(wasm_f32x4_mul(from, wasm_v128_load(up + i)), slope));
  }
}

/* ---- attention ---- */

/* Floats between rows of attention's weights: softmax wants room for a multiple of 4. */
static int32_t stride_of(int32_t rows) { return (rows + 3) & ~3; }

/* mixed (rows, heads * head), zeroed, += causal grouped-query attention; keeps the softmaxes. */
static void attention(struct trace *l, int32_t rows) {
  int32_t size = m.head, queries = m.heads * size, keys = m.kv_heads * size, stride = stride_of(rows);
  for (int32_t h = 0; h < m.heads; h++) {
    int32_t kv = h / (m.heads / m.kv_heads) * size;
    for (int32_t begin = 0; begin < rows; begin += BLOCK) {
      int32_t end = smaller(begin + BLOCK, rows), count = end - begin;
      float *weights = l->weights + ((size_t)h * rows + begin) * stride;
      clear(weights, (size_t)count * stride);
      struct view q = {l->q + (size_t)begin * queries + h * size, queries, 1};
      add_product(weights, stride, q, (struct view){l->k + kv, 1, keys}, count, end, size);
      for (int32_t i = 0; i < count; i++) {
        float *row = weights + (size_t)i * stride;
        int32_t seen = begin + i + 1;
        softmax(row, row, seen, m.scale);
        clear(row + seen, (size_t)(end - seen));
      }
      struct view soft = {weights, stride, 1};
      add_product(l->mixed + (size_t)begin * queries + h * size, queries, soft, (struct view){l->v + kv, keys, 1}, count, size, end);
    }
  }
}

/* Gradients of the weights (count, stride) to those of the unscaled scores, in place. */
static void softmax_backward(float *gradient, const float *soft, int32_t count, int32_t stride, int32_t end) {
  for (int32_t i = 0; i < count; i++, gradient += stride, soft += stride) {
    float mean = dot(soft, gradient, end);
    for (int32_t t = 0; t < end; t++) gradient[t] = soft[t] * (gradient[t] - mean) * m.scale;
  }
}

/* Adds to d's q, k and v what follows from d's mixed. */
static void attention_backward(struct trace *d, const struct trace *l, int32_t rows) {
  int32_t size = m.head, queries = m.heads * size, keys = m.kv_heads * size, stride = stride_of(rows);
  for (int32_t h = 0; h < m.heads; h++) {
    int32_t kv = h / (m.heads / m.kv_heads) * size;
    for (int32_t begin = 0; begin < rows; begin += BLOCK) {
      int32_t end = smaller(begin + BLOCK, rows), count = end - begin;
      size_t at = (size_t)begin * queries + h * size;
      const float *soft = l->weights + ((size_t)h * rows + begin) * stride;
      struct view d_mixed = {d->mixed + at, queries, 1};
      clear(m.square, (size_t)count * stride);
      add_product(m.square, stride, d_mixed, (struct view){l->v + kv, 1, keys}, count, end, size);
      softmax_backward(m.square, soft, count, stride, end);
      add_product(d->v + kv, keys, (struct view){soft, 1, stride}, d_mixed, end, size, count);
      add_product(d->q + at, queries, (struct view){m.square, stride, 1}, (struct view){l->k + kv, keys, 1}, count, size, end);
      add_product(d->k + kv, keys, (struct view){m.square, 1, stride}, (struct view){l->q + at, queries, 1}, end, size, count);
    }
  }
}

/* ---- the passes ---- */

/* Layer `index` of a tensor whose layers have `size` values. */
static float *layer_of(int32_t model, int32_t tensor, int32_t index, int32_t size) {
  return m.tensors[model][tensor] + (size_t)index * size;
}

static void add(float *to, const float *x, size_t length) {
  for (size_t i = 0; i < length; i++) to[i] += x[i];
}

static void copy(float *to, const float *x, size_t length) { __builtin_memcpy(to, x, length * sizeof *to); }

static void forward_layer(int32_t model, int32_t index, int32_t rows) {
  struct trace *l = &m.layer[index];
  int32_t hidden = m.hidden, ffn = m.ffn, queries = m.heads * m.head, keys = m.kv_heads * m.head;
  size_t all = (size_t)rows * hidden;
  copy(l->input, m.stream, all);
  rms_norm(l->normed1, l->inverse1, m.stream, layer_of(model, NORM1, index, hidden), rows);
  linear(l->q, l->normed1, layer_of(model, Q, index, queries * hidden), rows, queries, hidden);
  linear(l->k, l->normed1, layer_of(model, K, index, keys * hidden), rows, keys, hidden);
  linear(l->v, l->normed1, layer_of(model, V, index, keys * hidden), rows, keys, hidden);
  rotate(l->q, rows, m.heads, 1);
  rotate(l->k, rows, m.kv_heads, 1);
  clear(l->mixed, (size_t)rows * queries);
  attention(l, rows);
  linear(m.narrow, l->mixed, layer_of(model, O, index, hidden * queries), rows, hidden, queries);
  add(m.stream, m.narrow, all);

  copy(l->middle, m.stream, all);
  rms_norm(l->normed2, l->inverse2, m.stream, layer_of(model, NORM2, index, hidden), rows);
  linear(l->gate, l->normed2, layer_of(model, GATE, index, ffn * hidden), rows, ffn, hidden);
  linear(l->up, l->normed2, layer_of(model, UP, index, ffn * hidden), rows, ffn, hidden);
  swiglu(l->activated, l->gate, l->up, rows * ffn);
  linear(m.narrow, l->activated, layer_of(model, DOWN, index, hidden * ffn), rows, hidden, ffn);
  add(m.stream, m.narrow, all);
}

static void forward(int32_t model, float *logits, const int32_t *tokens, int32_t rows) {
  int32_t hidden = m.hidden;
  for (int32_t row = 0; row < rows; row++)
    copy(m.stream + (size_t)row * hidden, m.tensors[model][EMBED] + (size_t)tokens[row] * hidden, (size_t)hidden);
  for (int32_t index = 0; index < m.layers; index++) forward_layer(model, index, rows);
  rms_norm(m.normed, m.inverse, m.stream, m.tensors[model][FINAL_NORM], rows);
  linear(logits, m.normed, m.tensors[model][HEAD], rows, m.vocab, hidden);
}

/* One matrix of a layer: gradients of its input and of itself. */
static void matrix_backward(float *dx, const float *d, const float *x, int32_t tensor, int32_t index, int32_t rows, int32_t outs, int32_t ins) {
  float *d_weight = layer_of(GRADIENTS, tensor, index, outs * ins);
  linear_backward(dx, d_weight, d, x, layer_of(STUDENT, tensor, index, outs * ins), rows, outs, ins);
}

static void backward_mlp(int32_t index, int32_t rows) {
  struct trace *l = &m.layer[index], *d = &m.gradient;
  int32_t hidden = m.hidden, ffn = m.ffn;
  clear(d->activated, (size_t)rows * ffn);
  matrix_backward(d->activated, m.residual, l->activated, DOWN, index, rows, hidden, ffn);
  swiglu_backward(d->gate, d->up, d->activated, l->gate, l->up, rows * ffn);
  clear(d->normed2, (size_t)rows * hidden);
  matrix_backward(d->normed2, d->gate, l->normed2, GATE, index, rows, ffn, hidden);
  matrix_backward(d->normed2, d->up, l->normed2, UP, index, rows, ffn, hidden);
  rms_norm_backward(m.residual, layer_of(GRADIENTS, NORM2, index, hidden), d->normed2, l->middle, layer_of(STUDENT, NORM2, index, hidden),
                    l->inverse2, rows);
}

static void backward_attention(int32_t index, int32_t rows) {
  struct trace *l = &m.layer[index], *d = &m.gradient;
  int32_t hidden = m.hidden, queries = m.heads * m.head, keys = m.kv_heads * m.head;
  clear(d->mixed, (size_t)rows * queries);
  matrix_backward(d->mixed, m.residual, l->mixed, O, index, rows, hidden, queries);
  clear(d->q, (size_t)rows * queries);
  clear(d->k, (size_t)rows * keys);
  clear(d->v, (size_t)rows * keys);
  attention_backward(d, l, rows);
  rotate(d->q, rows, m.heads, -1);
  rotate(d->k, rows, m.kv_heads, -1);
  clear(d->normed1, (size_t)rows * hidden);
  matrix_backward(d->normed1, d->q, l->normed1, Q, index, rows, queries, hidden);
  matrix_backward(d->normed1, d->k, l->normed1, K, index, rows, keys, hidden);
  matrix_backward(d->normed1, d->v, l->normed1, V, index, rows, keys, hidden);
  rms_norm_backward(m.residual, layer_of(GRADIENTS, NORM1, index, hidden), d->normed1, l->input, layer_of(STUDENT, NORM1, index, hidden),
                    l->inverse1, rows);
}

/* Adds to the gradients what follows from that of the logits. */
static void backward(const int32_t *tokens, int32_t rows) {
  int32_t hidden = m.hidden;
  size_t all = (size_t)rows * hidden;
  clear(m.narrow, all);
  clear(m.residual, all);
  linear_backward(m.narrow, m.tensors[GRADIENTS][HEAD], m.logits, m.normed, m.tensors[STUDENT][HEAD], rows, m.vocab, hidden);
  rms_norm_backward(m.residual, m.tensors[GRADIENTS][FINAL_NORM], m.narrow, m.stream, m.tensors[STUDENT][FINAL_NORM], m.inverse, rows);
  for (int32_t index = m.layers - 1; index >= 0; index--) {
    backward_mlp(index, rows);
    backward_attention(index, rows);
  }
  for (int32_t row = 0; row < rows; row++)
    add(m.tensors[GRADIENTS][EMBED] + (size_t)tokens[row] * hidden, m.residual + (size_t)row * hidden, (size_t)hidden);
}

/* What distillationLoss (qat/distillation.ts) does, with softmaxes in binary32: losses[0] is the cross-entropy, losses[1] the divergence. */
static void distill(const int32_t *targets, int32_t rows, float share, float temperature, float scale, double *losses) {
  int32_t vocab = m.vocab;
  float warm_scale = scale * share * temperature, plain_scale = scale * (1.0f - share);
  for (int32_t row = 0; row < rows; row++) {
    float *own = m.logits + (size_t)row * vocab;
    const float *theirs = m.taught + (size_t)row * vocab;
    losses[0] += softmax(m.plain, own, vocab, 1.0f) - own[targets[row]];
    if (share > 0) {
      double between = softmax(m.warm, own, vocab, 1.0f / temperature) - softmax(m.soft, theirs, vocab, 1.0f / temperature);
      for (int32_t i = 0; i < vocab; i++) between += (double)m.soft[i] * ((double)theirs[i] - own[i]) / temperature;
      losses[1] += between;
    }
    for (int32_t i = 0; i < vocab; i++) own[i] = warm_scale * (m.warm[i] - m.soft[i]) + plain_scale * m.plain[i];
    own[targets[row]] -= plain_scale;
  }
}

/* The teacher's logits of a document, for the `learn` that follows. */
void EXPORT(teach)(const int32_t *tokens, int32_t rows) { forward(TEACHER, m.taught, tokens, rows); }

/* Adds `scale` times the gradient of a document's loss to the gradients, and its losses (cross-entropy, divergence) to `losses`. */
void EXPORT(learn)(const int32_t *tokens, const int32_t *targets, int32_t rows, float share, float temperature, float scale, double *losses) {
  forward(STUDENT, m.logits, tokens, rows);
  distill(targets, rows, share, temperature, scale, losses);
  backward(tokens, rows);
}

/* ---- setting up ---- */

void EXPORT(configure)(int32_t hidden, int32_t ffn, int32_t layers, int32_t heads, int32_t kv_heads, int32_t head, int32_t vocab,
                       int32_t most_rows, float eps) {
  m.hidden = hidden, m.ffn = ffn, m.layers = layers, m.heads = heads, m.kv_heads = kv_heads, m.head = head;
  m.vocab = vocab, m.most_rows = most_rows, m.eps = eps;
  m.scale = 1.0f / __builtin_sqrtf((float)head);
}

void EXPORT(set_tensor)(int32_t model, int32_t tensor, float *values) { m.tensors[model][tensor] = values; }

static int missing; /* something that `prepare` wanted could not be had */

static float *floats(int32_t rows, int32_t cols) {
  float *room = take((uint64_t)rows * (uint64_t)cols * 4u);
  if (room == 0) missing = 1;
  return room;
}

static void take_trace(struct trace *l) {
  int32_t rows = m.most_rows, queries = m.heads * m.head, keys = m.kv_heads * m.head;
  l->input = floats(rows, m.hidden), l->normed1 = floats(rows, m.hidden), l->inverse1 = floats(rows, 1);
  l->q = floats(rows, queries), l->k = floats(rows, keys), l->v = floats(rows, keys);
  l->weights = floats(m.heads * rows, stride_of(rows)), l->mixed = floats(rows, queries);
  l->middle = floats(rows, m.hidden), l->normed2 = floats(rows, m.hidden), l->inverse2 = floats(rows, 1);
  l->gate = floats(rows, m.ffn), l->up = floats(rows, m.ffn), l->activated = floats(rows, m.ffn);
}

/* Takes the working memory; 0 when there is not enough. cosines and sines: (most_rows, head / 2). */
int32_t EXPORT(prepare)(const float *cosines, const float *sines) {
  int32_t rows = m.most_rows, queries = m.heads * m.head;
  m.cosines = cosines, m.sines = sines;
  for (int32_t i = 0; i < m.layers; i++) take_trace(&m.layer[i]);
  take_trace(&m.gradient);
  m.stream = floats(rows, m.hidden), m.normed = floats(rows, m.hidden), m.inverse = floats(rows, 1);
  m.narrow = floats(rows, larger(m.hidden, queries)), m.residual = floats(rows, m.hidden);
  m.logits = floats(rows, m.vocab), m.taught = floats(rows, m.vocab), m.square = floats(BLOCK, stride_of(rows));
  m.packed = floats(larger(larger(rows, m.vocab), larger(larger(m.hidden, m.ffn), queries)), 8);
  m.plain = floats(1, stride_of(m.vocab)), m.warm = floats(1, stride_of(m.vocab)), m.soft = floats(1, stride_of(m.vocab));
  return !missing;
}
