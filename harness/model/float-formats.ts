import { ConfigError } from '../errors.js';

/** How weights lie in a file; all little-endian. */
export type FloatFormat = 'float32' | 'float16' | 'bfloat16';

export const FLOAT_BYTES: Readonly<Record<FloatFormat, number>> = { float32: 4, float16: 2, bfloat16: 2 };

/**
 * Widens stored floats to float32, exactly. `bytes` starts at an even offset of its buffer and holds
 * `target.length` elements. NaN and infinity pass through: see `requireFinite`.
 * The host is little-endian, as every platform is that Node and the boards' tools run on.
 */
export function widenFloats(bytes: Uint8Array, format: FloatFormat, target: Float32Array): void {
  if (format === 'float32') {
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
    return;
  }
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, target.length);
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  if (format === 'bfloat16') for (let i = 0; i < bits.length; i++) bits[i] = halves[i]! << 16;
  else for (let i = 0; i < bits.length; i++) bits[i] = float16ToBits(halves[i]!);
}

/**
 * Narrows finite float32 weights for storing, rounded to nearest, ties to even.
 * @throws ConfigError `weight-overflow` when a weight would become infinite; the message names `what` and the index
 */
export function narrowFloats(values: Float32Array, format: FloatFormat, what: string): Uint8Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  if (format === 'float32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const halves = new Uint16Array(values.length);
  const narrow = format === 'bfloat16' ? bitsToBfloat16 : bitsToFloat16;
  const infinity = format === 'bfloat16' ? 0x7f80 : 0x7c00;
  for (let i = 0; i < halves.length; i++) {
    const half = narrow(bits[i]!);
    if ((half & 0x7fff) >= infinity) throw overflow(what, i, values[i]!, format);
    halves[i] = half;
  }
  return new Uint8Array(halves.buffer);
}

/** float32 bits of a bfloat16's nearest neighbour, as its 16 bits. Infinity stays; NaN has no place here. */
export function bitsToBfloat16(bits: number): number {
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** The bfloat16 nearest to a number of at most half the largest float32, as a number. */
export function nearestBfloat16(value: number): number {
  ONE[0] = value;
  ONE_BITS[0] = bitsToBfloat16(ONE_BITS[0]!) << 16;
  return ONE[0];
}

const ONE = new Float32Array(1);
const ONE_BITS = new Uint32Array(ONE.buffer);

/** The float16 nearest to a float32 given by its bits (IEEE 754-2008, ties to even; subnormals kept). */
export function bitsToFloat16(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and more round to infinity
  if (magnitude >= 0x38800000) return sign | roundShift(magnitude - 0x38000000, 13);
  const shift = 126 - (magnitude >>> 23); // subnormal in float16: the significand counts 2^-24
  if (shift > 24) return sign;
  return sign | roundShift((magnitude & 0x7fffff) | 0x800000, shift);
}

/** float32 bits of a float16. */
export function float16ToBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const top = 31 - Math.clz32(fraction);
  return sign | ((top + 103) << 23) | ((fraction << (23 - top)) & 0x7fffff);
}

/** value / 2^shift, rounded to nearest, ties to even; 1 <= shift <= 24. */
function roundShift(value: number, shift: number): number {
  const kept = value >>> shift;
  const rest = value - kept * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}

function overflow(what: string, index: number, value: number, format: FloatFormat): ConfigError {
  return new ConfigError('weight-overflow', `${what}[${index}] = ${value} does not fit ${format}`, {
    tensor: what,
    index,
    value,
    format,
  });
}
