/**
 * exp, log, sin and cos in binary64, built from + - * / only, so that a training run gives the same bits under every
 * JavaScript engine (the language leaves the precision of Math.exp and its kin open). Errors stay below 1e-15 relative
 * for exp and log, 1e-14 absolute for sin and cos.
 */

const LN2_HIGH = 0.6931471803691238; // 32 leading bits of ln 2: its product with a small integer is exact
const LN2_LOW = 1.9082149292705877e-10;
const LARGEST_EXPONENT = 1023;

/** 2^k for k = -1022 .. 1023, at index k + 1022. */
const POWERS_OF_TWO = powersOfTwo();

function powersOfTwo(): Float64Array {
  const table = new Float64Array(2046);
  table[1022] = 1;
  for (let k = 1; k <= LARGEST_EXPONENT; k++) table[1022 + k] = table[1021 + k]! * 2;
  for (let k = 1; k <= 1022; k++) table[1022 - k] = table[1023 - k]! * 0.5;
  return table;
}

/** e^x. Below -708 it is 0, above 709 it is Infinity: no subnormal results. */
export function exp(x: number): number {
  if (x < -708) return 0;
  if (x > 709) return Infinity;
  const k = x < 0 ? (x * Math.LOG2E - 0.5) | 0 : (x * Math.LOG2E + 0.5) | 0;
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let p = 1 / 6227020800;
  p = p * r + 1 / 479001600;
  p = p * r + 1 / 39916800;
  p = p * r + 1 / 3628800;
  p = p * r + 1 / 362880;
  p = p * r + 1 / 40320;
  p = p * r + 1 / 5040;
  p = p * r + 1 / 720;
  p = p * r + 1 / 120;
  p = p * r + 1 / 24;
  p = p * r + 1 / 6;
  p = p * r + 0.5;
  return (p * r * r + r + 1) * POWERS_OF_TWO[k + 1022]!;
}

/** Natural logarithm of a finite x > 0. */
export function log(x: number): number {
  let m = x;
  let e = 0;
  for (; m >= Math.SQRT2; e++) m *= 0.5;
  for (; m < Math.SQRT1_2; e--) m *= 2;
  const s = (m - 1) / (m + 1);
  const q = s * s;
  let p = 0;
  for (let k = 25; k >= 3; k -= 2) p = (p + 1 / k) * q;
  return e * LN2_HIGH + (2 * s * (p + 1) + e * LN2_LOW);
}

const QUARTER_TURN_HIGH = 1.5707963267341256; // 33 leading bits of pi/2
const QUARTER_TURN_LOW = 6.077100506506192e-11;

/** sin and cos of 0 <= x <= 1e6, as [sin, cos]. */
export function sinCos(x: number): readonly [sin: number, cos: number] {
  const turns = (x * 0.6366197723675814 + 0.5) | 0;
  const r = x - turns * QUARTER_TURN_HIGH - turns * QUARTER_TURN_LOW;
  const sin = sinNearZero(r);
  const cos = cosNearZero(r);
  switch (turns & 3) {
    case 0:
      return [sin, cos];
    case 1:
      return [cos, -sin];
    case 2:
      return [-sin, -cos];
    default:
      return [-cos, sin];
  }
}

function sinNearZero(r: number): number {
  const z = r * r;
  let term = r;
  let sum = 0;
  for (let n = 3; n <= 19; n += 2) {
    term = -(term * z) / (n * (n - 1));
    sum += term;
  }
  return r + sum;
}

function cosNearZero(r: number): number {
  const z = r * r;
  let term = 1;
  let sum = 0;
  for (let n = 2; n <= 18; n += 2) {
    term = -(term * z) / (n * (n - 1));
    sum += term;
  }
  return 1 + sum;
}
