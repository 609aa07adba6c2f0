/*
 * The host's fast forward pass: firmware/FORMATS.md "Arithmetic", many positions at once, in WebAssembly with SIMD. Written from that page,
 * apart from the firmware and from the oracle (harness/reference/oracle.ts), to whose logits it is held, bit for bit.
 *
 * Built with -ffp-contract=off. Rows of weights are padded with zeros to a multiple of 8 elements: a lane of a dot product starts at +0 and can
 * never become -0, so that adding zeros changes nothing.
 */
#include "memory.h"
#include <stddef.h>
#include <stdint.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name))) name
#define MAX_LAYERS 64

enum { Q, K, V, O, GATE, UP, DOWN, MATRICES };
/* What goes into q, k, v; into o; into gate, up; into down; the head's is that of a layer of its own. */
enum { ATTENTION, ATTENDED, MLP, ACTIVATED, SITES };
enum kind { FLOATS, ROW_SCALED, GROUPED };

/* (rows, stride) weights: float, or int16 codes with a scale a row or a group of 32. */
struct matrix {
  int32_t kind, rows, stride, groups;
  const void *values;
  const float *scales;
};

struct layer {
  struct matrix matrices[MATRICES];
  const float *norm1, *norm2; /* (hidden) */
  float *keys;                /* (kv_heads, context, head) */
  float *values;              /* (kv_heads, head, context) */
};

static struct {
  int32_t hidden, ffn, layers, heads, kv_heads, head, vocab, context, batch;
  float eps, scale;
  struct layer layer[MAX_LAYERS];
  struct matrix embedding, head_matrix;
  const float *final_norm, *frequencies;
  double *grams[MAX_LAYERS + 1][SITES];      /* (size, size), upper triangle; 0 where nobody looks */
  double *magnitudes[MAX_LAYERS + 1][SITES]; /* (size) */
  float *x, *h, *q, *k, *v, *attended, *gate, *up, *active, *added, *scores, *cosines, *sines, *logits;
  int16_t *codes;
  float *code_scales;
} m;

static int32_t padded(int32_t n) { return (n + 7) & ~7; }

/* ---- functions of the page ---- */

static float from_bits(uint32_t bits) {
  union { uint32_t u; float f; } both = {bits};
  return both.f;
}

static uint32_t to_bits(float value) {
  union { float f; uint32_t u; } both = {value};
  return both.u;
}

static float exp_f(float x) {
  if (x != x) return x;
  if (x > 88.0f) return __builtin_inff();
  if (x < -87.0f) return 0.0f;
  float t = x * 1.44269504f;
  int32_t k = (int32_t)(t >= 0 ? t + 0.5f : t - 0.5f);
  float kf = (float)k;
  float r = (x - kf * 0.693359375f) - kf * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  float z = r * r;
  float y = (p * z + r) + 1.0f;
  return y * from_bits((uint32_t)(k + 127) << 23);
}

static float rsqrt_f(float x) {
  float y = from_bits(0x5f375a86u - (to_bits(x) >> 1));
  float h = 0.5f * x;
  for (int i = 0; i < 3; i++) y = y * (1.5f - (h * y) * y);
  return y;
}

static void sin_cos(float x, float *sine, float *cosine) {
  int32_t j = (int32_t)(x * 1.27323954473516f);
  if (j & 1) j++;
  float f = (float)j;
  float r = ((x - f * 0.78515625f) - f * 2.4187564849853515625e-4f) - f * 3.77489497744594108e-8f;
  float z = r * r;
  float s = (-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f;
  float c = (2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f;
  s = (s * z) * r + r;
  c = ((c * z) * z - 0.5f * z) + 1.0f;
  switch (j & 7) {
    case 0: *sine = s; *cosine = c; break;
    case 2: *sine = c; *cosine = -s; break;
    case 4: *sine = -s; *cosine = -c; break;
    default: *sine = -c; *cosine = s; break;
  }
}

static float lanes(v128_t s) {
  return (wasm_f32x4_extract_lane(s, 0) + wasm_f32x4_extract_lane(s, 1)) +
         (wasm_f32x4_extract_lane(s, 2) + wasm_f32x4_extract_lane(s, 3));
}

/* The page's dot of n elements; what is beyond n up to a multiple of 4 must be zero in one and finite in the other. */
static float dot(const float *a, const float *b, int32_t n) {
  v128_t s = wasm_f32x4_const_splat(0);
  for (int32_t i = 0; i < n; i += 4)
    s = wasm_f32x4_add(s, wasm_f32x4_mul(wasm_v128_load(a + i), wasm_v128_load(b + i)));
  return lanes(s);
}

/* ---- products of a matrix with a batch of vectors ---- */

/* out (n, rows) = x (n, stride) times the matrix; four vectors at a time share each load of a row. */
static void multiply_floats(float *out, const struct matrix *w, const float *x, int32_t n) {
  int32_t stride = w->stride, rows = w->rows;
  for (int32_t r = 0; r < rows; r++) {
    const float *row = (const float *)w->values + (size_t)r * stride;
    int32_t p = 0;
    for (; p + 4 <= n; p += 4) {
      const float *x0 = x + (size_t)p * stride, *x1 = x0 + stride, *x2 = x1 + stride, *x3 = x2 + stride;
      v128_t s0 = wasm_f32x4_const_splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (int32_t i = 0; i < stride; i += 4) {
        v128_t weight = wasm_v128_load(row + i);
        s0 = wasm_f32x4_add(s0, wasm_f32x4_mul(weight, wasm_v128_load(x0 + i)));
        s1 = wasm_f32x4_add(s1, wasm_f32x4_mul(weight, wasm_v128_load(x1 + i)));
        s2 = wasm_f32x4_add(s2, wasm_f32x4_mul(weight, wasm_v128_load(x2 + i)));
        s3 = wasm_f32x4_add(s3, wasm_f32x4_mul(weight, wasm_v128_load(x3 + i)));
      }
      out[(size_t)p * rows + r] = lanes(s0);
      out[(size_t)(p + 1) * rows + r] = lanes(s1);
      out[(size_t)(p + 2) * rows + r] = lanes(s2);
      out[(size_t)(p + 3) * rows + r] = lanes(s3);
    }
    for (; p < n; p++) out[(size_t)p * rows + r] = dot(row, x + (size_t)p * stride, stride);
  }
}

/* The page's quantization of a vector: codes (stride) and their scale. */
static float quantize(int16_t *codes, const float *x, int32_t stride) {
  uint32_t largest = 0;
  for (int32_t i = 0; i < stride; i++) {
    uint32_t bits = to_bits(x[i]) & 0x7fffffffu;
    if (bits > largest) largest = bits;
  }
  int lost = largest >= 0x7f800000u || largest < 0x0d800000u;
  float amax = from_bits(largest), inverse = lost ? 0.0f : 32767.0f / amax;
  for (int32_t i = 0; i < stride; i++) {
    float t = lost ? 0.0f : x[i] * inverse;
    int32_t code = (int32_t)(t >= 0 ? t + 0.5f : t - 0.5f);
    codes[i] = (int16_t)(code > 32767 ? 32767 : code < -32767 ? -32767 : code);
  }
  if (largest >= 0x7f800000u) return from_bits(0x7fc00000u);
  return lost ? 0.0f : amax / 32767.0f;
}

/* The exact sums of products over [from, to), of one row with four vectors. */
static v128_t sums_of_four(const int16_t *row, const int16_t *a, int32_t stride, int32_t from, int32_t to) {
  const int16_t *a1 = a + stride, *a2 = a1 + stride, *a3 = a2 + stride;
  v128_t s0 = wasm_i32x4_const_splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (int32_t i = from; i < to; i += 8) {
    v128_t c = wasm_v128_load(row + i);
    s0 = wasm_i32x4_add(s0, wasm_i32x4_dot_i16x8(c, wasm_v128_load(a + i)));
    s1 = wasm_i32x4_add(s1, wasm_i32x4_dot_i16x8(c, wasm_v128_load(a1 + i)));
    s2 = wasm_i32x4_add(s2, wasm_i32x4_dot_i16x8(c, wasm_v128_load(a2 + i)));
    s3 = wasm_i32x4_add(s3, wasm_i32x4_dot_i16x8(c, wasm_v128_load(a3 + i)));
  }
  v128_t low01 = wasm_i32x4_shuffle(s0, s1, 0, 4, 1, 5), high01 = wasm_i32x4_shuffle(s0, s1, 2, 6, 3, 7);
  v128_t low23 = wasm_i32x4_shuffle(s2, s3, 0, 4, 1, 5), high23 = wasm_i32x4_shuffle(s2, s3, 2, 6, 3, 7);
  v128_t t01 = wasm_i32x4_add(low01, high01), t23 = wasm_i32x4_add(low23, high23);
  return wasm_i32x4_add(wasm_i64x2_shuffle(t01, t23, 0, 2), wasm_i64x2_shuffle(t01, t23, 1, 3));
}

/* out (n, rows) likewise, of integer codes; n is a multiple of 4, the vectors' codes (n, stride), their scales (n). */
static void multiply_codes(float *out, const struct matrix *w, const int16_t *a, const float *sa, int32_t n) {
  int32_t stride = w->stride, rows = w->rows, span = w->kind == GROUPED ? 32 : 256;
  for (int32_t r = 0; r < rows; r++) {
    const int16_t *row = (const int16_t *)w->values + (size_t)r * stride;
    const float *scales = w->scales + (w->kind == GROUPED ? (size_t)r * w->groups : (size_t)r);
    for (int32_t p = 0; p < n; p += 4) {
      v128_t t = wasm_f32x4_const_splat(0);
      for (int32_t from = 0, g = 0; from < stride; from += span, g++) {
        int32_t to = from + span < stride ? from + span : stride;
        v128_t s = wasm_f32x4_convert_i32x4(sums_of_four(row, a + (size_t)p * stride, stride, from, to));
        t = wasm_f32x4_add(t, w->kind == GROUPED ? wasm_f32x4_mul(s, wasm_f32x4_splat(scales[g])) : s);
      }
      if (w->kind == ROW_SCALED) t = wasm_f32x4_mul(t, wasm_f32x4_splat(scales[0]));
      t = wasm_f32x4_mul(t, wasm_v128_load(sa + p));
      out[(size_t)p * rows + r] = wasm_f32x4_extract_lane(t, 0);
      out[(size_t)(p + 1) * rows + r] = wasm_f32x4_extract_lane(t, 1);
      out[(size_t)(p + 2) * rows + r] = wasm_f32x4_extract_lane(t, 2);
      out[(size_t)(p + 3) * rows + r] = wasm_f32x4_extract_lane(t, 3);
    }
  }
}

/* out (n, rows) = x (n, stride) times the matrix; room for a multiple of 4 vectors in all. */
static void multiply(float *out, const struct matrix *w, const float *x, int32_t n) {
  if (w->kind == FLOATS) {
    multiply_floats(out, w, x, n);
    return;
  }
  int32_t whole = (n + 3) & ~3;
  for (int32_t p = 0; p < whole; p++) m.code_scales[p] = quantize(m.codes + (size_t)p * w->stride, x + (size_t)p * w->stride, w->stride);
  multiply_codes(out, w, m.codes, m.code_scales, whole);
}

/* ---- the pass ---- */

static void rms_norm(float *out, const float *x, const float *weight, int32_t n) {
  int32_t size = m.hidden, stride = padded(size);
  for (int32_t p = 0; p < n; p++) {
    const float *from = x + (size_t)p * stride;
    float r = rsqrt_f(dot(from, from, stride) / (float)size + m.eps);
    for (int32_t i = 0; i < size; i++) out[(size_t)p * stride + i] = weight[i] * (from[i] * r);
  }
}

static void rotate(float *vector, int32_t heads, const float *cosines, const float *sines) {
  int32_t half = m.head / 2;
  for (float *head = vector; head < vector + heads * m.head; head += m.head) {
    for (int32_t i = 0; i < half; i++) {
      float u = head[i], w = head[half + i];
      head[i] = u * cosines[i] - w * sines[i];
      head[half + i] = w * cosines[i] + u * sines[i];
    }
  }
}

/* One query head's output (head) over positions 0 .. count-1. */
static void attend(float *out, const float *q, const float *keys, const float *values, int32_t count) {
  float largest = -__builtin_inff();
  for (int32_t t = 0; t < count; t++) {
    float score = dot(q, keys + (size_t)t * padded(m.head), padded(m.head)) * m.scale;
    m.scores[t] = score;
    if (t == 0 || score > largest) largest = score;
  }
  int32_t whole = (count + 3) & ~3;
  v128_t sum = wasm_f32x4_const_splat(0);
  for (int32_t t = 0; t < whole; t++) m.scores[t] = t < count ? exp_f(m.scores[t] - largest) : 0.0f;
  for (int32_t t = 0; t < whole; t += 4) sum = wasm_f32x4_add(sum, wasm_v128_load(m.scores + t));
  float inverse = 1.0f / lanes(sum);
  for (int32_t t = 0; t < count; t++) m.scores[t] = m.scores[t] * inverse;
  for (int32_t d = 0; d < m.head; d++) out[d] = dot(m.scores, values + (size_t)d * m.context, whole);
}

/* Keys and values of the batch go to the cache, rotated. k and v are (n, kv_heads * head). */
static void store(const struct layer *l, int32_t first, int32_t n) {
  int32_t keys = m.kv_heads * m.head, stride = padded(m.head);
  for (int32_t p = 0; p < n; p++) {
    rotate(m.k + (size_t)p * keys, m.kv_heads, m.cosines + (size_t)p * (m.head / 2), m.sines + (size_t)p * (m.head / 2));
    for (int32_t i = 0; i < keys; i++) {
      int32_t head = i / m.head, d = i % m.head;
      l->keys[((size_t)head * m.context + first + p) * stride + d] = m.k[(size_t)p * keys + i];
      l->values[((size_t)head * m.head + d) * m.context + first + p] = m.v[(size_t)p * keys + i];
    }
  }
}

static void attention(const struct layer *l, int32_t first, int32_t n) {
  int32_t queries = m.heads * m.head, stride = padded(queries), share = m.heads / m.kv_heads;
  float query[1024];
  for (int32_t i = 0; i < padded(m.head); i++) query[i] = 0;
  store(l, first, n);
  for (int32_t p = 0; p < n; p++) {
    float *q = m.q + (size_t)p * queries;
    rotate(q, m.heads, m.cosines + (size_t)p * (m.head / 2), m.sines + (size_t)p * (m.head / 2));
    for (int32_t head = 0; head < m.heads; head++) {
      const float *keys = l->keys + (size_t)(head / share) * m.context * padded(m.head);
      const float *values = l->values + (size_t)(head / share) * m.head * m.context;
      for (int32_t i = 0; i < m.head; i++) query[i] = q[head * m.head + i];
      attend(m.attended + (size_t)p * stride + head * m.head, query, keys, values, first + p + 1);
    }
  }
}

/* x (n, padded hidden) += added (n, hidden). */
static void accumulate(int32_t n) {
  for (int32_t p = 0; p < n; p++)
    for (int32_t i = 0; i < m.hidden; i++) m.x[(size_t)p * padded(m.hidden) + i] += m.added[(size_t)p * m.hidden + i];
}

/* out (n, padded ffn) = silu(gate) * up, both (n, ffn). */
static void activate(float *out, int32_t n) {
  for (int32_t p = 0; p < n; p++) {
    for (int32_t i = 0; i < m.ffn; i++) {
      float g = m.gate[(size_t)p * m.ffn + i];
      out[(size_t)p * padded(m.ffn) + i] = (g / (1.0f + exp_f(-g))) * m.up[(size_t)p * m.ffn + i];
    }
  }
}

static void embed(int32_t token, float *x) {
  const struct matrix *e = &m.embedding;
  for (int32_t i = 0; i < m.hidden; i++) {
    if (e->kind == FLOATS) {
      x[i] = ((const float *)e->values)[(size_t)token * e->stride + i];
      continue;
    }
    float scale = e->kind == GROUPED ? e->scales[(size_t)token * e->groups + i / 32] : e->scales[token];
    x[i] = (float)((const int16_t *)e->values)[(size_t)token * e->stride + i] * scale;
  }
}

/*
 * Adds x x^T of n vectors (n, stride) to a site's upper triangle, and their magnitudes. The products of a batch are summed in binary32, four
 * columns at a time, batches in binary64.
 */
static void observe(int32_t layer, int32_t site, const float *x, int32_t size, int32_t n) {
  double *gram = m.grams[layer][site], *magnitudes = m.magnitudes[layer][site];
  int32_t stride = padded(size);
  if (gram == 0) return;
  for (int32_t i = 0; i < size; i++) {
    for (int32_t p = 0; p < n; p++) magnitudes[i] += __builtin_fabsf(x[(size_t)p * stride + i]);
    double *row = gram + (size_t)i * size;
    for (int32_t j = i & ~3; j < size; j += 4) {
      v128_t sum = wasm_f32x4_const_splat(0);
      for (int32_t p = 0; p < n; p++) {
        const float *one = x + (size_t)p * stride;
        sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_f32x4_splat(one[i]), wasm_v128_load(one + j)));
      }
      float parts[4];
      wasm_v128_store(parts, sum);
      for (int32_t k = 0; k < 4 && j + k < size; k++) row[j + k] += parts[k];
    }
  }
}

static void rotations(int32_t first, int32_t n) {
  int32_t half = m.head / 2;
  for (int32_t p = 0; p < n; p++)
    for (int32_t i = 0; i < half; i++)
      sin_cos((float)(first + p) * m.frequencies[i], m.sines + p * half + i, m.cosines + p * half + i);
}

/*
 * Positions first .. first+n-1 (n at most the batch), of which the tokens are given; all before must have been given. The residual stream
 * is then in x; with `head`, the logits (n, vocab) too.
 */
void EXPORT(forward)(const int32_t *tokens, int32_t first, int32_t n, int32_t head) {
  rotations(first, n);
  for (int32_t p = 0; p < n; p++) embed(tokens[p], m.x + (size_t)p * padded(m.hidden));
  for (struct layer *l = m.layer; l < m.layer + m.layers; l++) {
    int32_t index = (int32_t)(l - m.layer);
    rms_norm(m.h, m.x, l->norm1, n);
    observe(index, ATTENTION, m.h, m.hidden, n);
    multiply(m.q, &l->matrices[Q], m.h, n);
    multiply(m.k, &l->matrices[K], m.h, n);
    multiply(m.v, &l->matrices[V], m.h, n);
    attention(l, first, n);
    observe(index, ATTENDED, m.attended, m.heads * m.head, n);
    multiply(m.added, &l->matrices[O], m.attended, n);
    accumulate(n);
    rms_norm(m.h, m.x, l->norm2, n);
    observe(index, MLP, m.h, m.hidden, n);
    multiply(m.gate, &l->matrices[GATE], m.h, n);
    multiply(m.up, &l->matrices[UP], m.h, n);
    activate(m.active, n);
    observe(index, ACTIVATED, m.active, m.ffn, n);
    multiply(m.added, &l->matrices[DOWN], m.active, n);
    accumulate(n);
  }
  rms_norm(m.h, m.x, m.final_norm, n);
  observe(m.layers, ATTENTION, m.h, m.hidden, n);
  if (!head) return;
  multiply(m.logits, &m.head_matrix, m.h, n);
}

/* ---- setting up ---- */

void EXPORT(configure)(int32_t hidden, int32_t ffn, int32_t layers, int32_t heads, int32_t kv_heads, int32_t head, int32_t vocab,
                       int32_t context, int32_t batch, float eps) {
  m.hidden = hidden, m.ffn = ffn, m.layers = layers, m.heads = heads, m.kv_heads = kv_heads, m.head = head;
  m.vocab = vocab, m.context = (context + 3) & ~3, m.batch = (batch + 3) & ~3, m.eps = eps;
  m.scale = rsqrt_f((float)head);
}

/* slot: Q .. DOWN of a layer, MATRICES for the embedding, MATRICES + 1 for the head. */
void EXPORT(set_matrix)(int32_t slot, int32_t layer, int32_t kind, int32_t rows, int32_t stride, int32_t groups, const void *values,
                        const float *scales) {
  struct matrix *w = slot == MATRICES ? &m.embedding : slot == MATRICES + 1 ? &m.head_matrix : &m.layer[layer].matrices[slot];
  *w = (struct matrix){kind, rows, stride, groups, values, scales};
}

/* From now on sums up what goes into a site (ATTENTION of layer `layers`: into the head). */
void EXPORT(look_at)(int32_t layer, int32_t site, double *gram, double *magnitudes) {
  m.grams[layer][site] = gram, m.magnitudes[layer][site] = magnitudes;
}

/* The head is the embedding. */
void EXPORT(share_head)(void) { m.head_matrix = m.embedding; }

void EXPORT(set_norms)(int32_t layer, const float *norm1, const float *norm2) {
  m.layer[layer].norm1 = norm1, m.layer[layer].norm2 = norm2;
}

static int32_t larger(int32_t a, int32_t b) { return a > b ? a : b; }

static int missing; /* something that `prepare` wanted could not be had */

static float *floats(int32_t rows, int32_t cols) {
  float *room = take((uint64_t)rows * (uint64_t)cols * 4u);
  if (room == 0) missing = 1;
  return room;
}

/* Takes the working memory: the logits' address, or 0 when memory is out. */
float *EXPORT(prepare)(const float *final_norm, const float *frequencies) {
  int32_t b = m.batch, queries = m.heads * m.head, keys = m.kv_heads * m.head;
  int32_t widest = padded(larger(larger(m.hidden, m.ffn), queries));
  m.final_norm = final_norm, m.frequencies = frequencies;
  m.x = floats(b, padded(m.hidden)), m.h = floats(b, padded(m.hidden)), m.added = floats(b, m.hidden);
  m.q = floats(b, queries), m.k = floats(b, keys), m.v = floats(b, keys), m.attended = floats(b, padded(queries));
  m.gate = floats(b, m.ffn), m.up = floats(b, m.ffn), m.active = floats(b, padded(m.ffn)), m.scores = floats(1, m.context);
  m.cosines = floats(b, m.head / 2), m.sines = floats(b, m.head / 2);
  m.codes = (int16_t *)floats(b, widest / 2), m.code_scales = floats(1, b);
  for (int32_t i = 0; i < m.layers; i++) {
    m.layer[i].keys = floats(m.kv_heads * m.context, padded(m.head));
    m.layer[i].values = floats(keys, m.context);
  }
  m.logits = floats(b, m.vocab);
  return missing ? 0 : m.logits;
}
