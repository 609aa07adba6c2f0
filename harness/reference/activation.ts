import { f32 } from './float32-math.js';

/** A vector in 16-bit fixed point: element i is about codes[i] * scale. */
export interface FixedPoint {
  /** -32767 .. 32767 */
  readonly codes: Int16Array;
  /** binary32; NaN when an element was NaN or infinite. */
  readonly scale: number;
}

/**
 * A vector that matrices are about to be multiplied with. Its fixed-point form is made at most once, when the first
 * integer matrix asks: one is made anew for every vector, and `values` must not change while it is in use.
 */
export class Activation {
  #fixedPoint: FixedPoint | undefined;

  /** @param values (columns) */
  constructor(readonly values: Float32Array) {}

  get fixedPoint(): FixedPoint {
    this.#fixedPoint ??= toFixedPoint(this.values);
    return this.#fixedPoint;
  }
}

const LARGEST_CODE = 32767;

/** Bits of binary32 infinity: a NaN's are larger. */
const INFINITY_BITS = 0x7f800000;

/** Bits of 2^-100: below it, 32767 / amax would come near the end of binary32's range. */
const SMALLEST_BITS = 0x0d800000;

/** firmware/FORMATS.md "Arithmetic of the formats", quantizing a vector. */
export function toFixedPoint(x: Float32Array): FixedPoint {
  const codes = new Int16Array(x.length);
  const m = largestMagnitudeBits(x);
  if (m >= INFINITY_BITS) return { codes, scale: Number.NaN };
  if (m < SMALLEST_BITS) return { codes, scale: 0 };
  const amax = new Float32Array(Uint32Array.of(m).buffer)[0]!;
  const inverse = f32(LARGEST_CODE / amax);
  for (let i = 0; i < x.length; i++) {
    const t = f32(x[i]! * inverse);
    const code = Math.trunc(f32(t >= 0 ? t + 0.5 : t - 0.5));
    codes[i] = Math.max(-LARGEST_CODE, Math.min(LARGEST_CODE, code));
  }
  return { codes, scale: f32(amax / LARGEST_CODE) };
}

/** The largest of the bit patterns without their signs, which is that of the largest magnitude. */
function largestMagnitudeBits(x: Float32Array): number {
  const bits = new Uint32Array(x.buffer, x.byteOffset, x.length);
  let m = 0;
  for (let i = 0; i < bits.length; i++) m = Math.max(m, bits[i]! & 0x7fffffff);
  return m;
}
