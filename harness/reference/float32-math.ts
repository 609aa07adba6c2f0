// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the page's own digits decide the bits.

/**
 * The functions of firmware/FORMATS.md "Functions", to the bit. Arguments and results are binary32 values.
 * `f32` rounds to binary32; around a single +, -, * or / of binary32 values it gives that operation's correctly
 * rounded binary32 result, since binary64 keeps more than 2 * 24 + 1 bits (Figueroa 1995).
 */
export const f32 = Math.fround;

const LOG2_E = f32(1.44269504);
const LN2_HIGH = f32(0.693359375);
const LN2_LOW = f32(-2.1219444e-4);

const EXP = Float32Array.of(
  1.98756915e-4,
  1.3981999507e-3,
  8.3334519073e-3,
  4.1665795894e-2,
  1.6666665459e-1,
  5.0000001201e-1,
);

const SQRT_HALF = f32(0.707106781);
const LOG = Float32Array.of(
  7.0376836292e-2,
  -1.151461031e-1,
  1.167699874e-1,
  -1.2420140846e-1,
  1.4249322787e-1,
  -1.6668057665e-1,
  2.0000714765e-1,
  -2.4999993993e-1,
  3.3333331174e-1,
);

const FOUR_OVER_PI = f32(1.27323954473516);
const QUARTER_PI_HIGH = f32(0.78515625);
const QUARTER_PI_MIDDLE = f32(2.4187564849853516e-4);
const QUARTER_PI_LOW = f32(3.774894977445941e-8);
const SIN = Float32Array.of(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1);
const COS = Float32Array.of(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2);

/** The largest argument that `sin` and `cos` are defined for. */
export const LARGEST_ANGLE = 8192;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function bitsOf(x: number): number {
  float[0] = x;
  return bits[0]!;
}

function fromBits(pattern: number): number {
  bits[0] = pattern;
  return float[0]!;
}

/** 2^k for a normal result: -126 <= k <= 127. */
function powerOfTwo(k: number): number {
  return fromBits((k + 127) << 23);
}

/** e^x. Overflows to Infinity above 88, vanishes to 0 below -87; NaN gives NaN. */
export function exp(x: number): number {
  if (x > 88) return Infinity;
  if (x < -87) return 0;
  const t = f32(x * LOG2_E);
  const k = f32(t >= 0 ? t + 0.5 : t - 0.5) | 0;
  const r = f32(f32(x - f32(k * LN2_HIGH)) - f32(k * LN2_LOW));
  const p = polynomial(EXP, r);
  const z = f32(r * r);
  const y = f32(f32(f32(p * z) + r) + 1);
  return f32(y * powerOfTwo(k));
}

/** Natural logarithm of a finite, normal, positive x; anything else has no meaning here. */
export function log(x: number): number {
  const pattern = bitsOf(x);
  let e = (pattern >>> 23) - 126;
  let m = fromBits((pattern & 0x7fffff) | 0x3f000000);
  if (m < SQRT_HALF) {
    e -= 1;
    m = f32(f32(m + m) - 1);
  } else {
    m = f32(m - 1);
  }
  const z = f32(m * m);
  const p = polynomial(LOG, m);
  let y = f32(f32(p * m) * z);
  y = f32(y + f32(e * LN2_LOW));
  y = f32(y - f32(0.5 * z));
  return f32(f32(m + y) + f32(e * LN2_HIGH));
}

/** 1 / sqrt(x) of a finite, normal, positive x; anything else has no meaning here. */
export function rsqrt(x: number): number {
  let y = fromBits(0x5f375a86 - (bitsOf(x) >>> 1));
  const h = f32(0.5 * x);
  for (let i = 0; i < 3; i++) y = f32(y * f32(1.5 - f32(f32(h * y) * y)));
  return y;
}

/** sin(x) for 0 <= x <= LARGEST_ANGLE. */
export function sin(x: number): number {
  const octant = octantOf(x);
  const r = reduce(x, octant);
  const value = (octant & 2) === 0 ? sinPolynomial(r) : cosPolynomial(r);
  return (octant & 4) === 0 ? value : -value;
}

/** cos(x) for 0 <= x <= LARGEST_ANGLE. */
export function cos(x: number): number {
  const octant = octantOf(x);
  const r = reduce(x, octant);
  const value = (octant & 2) === 0 ? cosPolynomial(r) : sinPolynomial(r);
  return ((octant + 2) & 4) === 0 ? value : -value;
}

/** How many eighths of a turn x is, the odd ones rounded up: r is then at most pi/4 from zero. */
function octantOf(x: number): number {
  const j = f32(x * FOUR_OVER_PI) | 0;
  return j + (j & 1);
}

/** Cody and Waite: pi/4 in three parts, so that the products with the octant are nearly exact. */
function reduce(x: number, octant: number): number {
  const r = f32(f32(x - f32(octant * QUARTER_PI_HIGH)) - f32(octant * QUARTER_PI_MIDDLE));
  return f32(r - f32(octant * QUARTER_PI_LOW));
}

function sinPolynomial(r: number): number {
  const z = f32(r * r);
  const s = polynomial(SIN, z);
  return f32(f32(f32(s * z) * r) + r);
}

function cosPolynomial(r: number): number {
  const z = f32(r * r);
  const c = polynomial(COS, z);
  return f32(f32(f32(f32(c * z) * z) - f32(0.5 * z)) + 1);
}

/** Horner's rule, the highest power's coefficient first, two roundings a step. */
function polynomial(coefficients: Float32Array, x: number): number {
  let p = coefficients[0]!;
  for (let i = 1; i < coefficients.length; i++) p = f32(f32(p * x) + coefficients[i]!);
  return p;
}
