import { ConfigError } from '../../errors.js';
import { bitsToFloat16, float16ToBits } from '../float-formats.js';

const BLOCK = 32;
const BLOCK_BYTES = 34;

/**
 * ggml's Q8_0, as its reference quantizer has it: blocks of 32 weights, each a float16 scale d = largest magnitude / 127 and
 * 32 signed bytes, the weights over d (before d is rounded), to nearest, ties away from zero.
 * @param values whole blocks
 * @throws ConfigError `weight-overflow` when a scale does not fit float16; the message names `what` and the index
 */
export function encodeQ8(values: Float32Array, what: string): Uint8Array {
  const bytes = new Uint8Array((values.length / BLOCK) * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  for (let from = 0, at = 0; from < values.length; from += BLOCK, at += BLOCK_BYTES) {
    const block = values.subarray(from, from + BLOCK);
    const scale = Math.fround(block.reduce((most, one) => Math.max(most, Math.abs(one)), 0) / 127);
    const half = bitsToFloat16(bitsOf(scale));
    if (half >= 0x7c00) throw overflow(what, from, block);
    view.setUint16(at, half, true);
    // A scale that float16 rounds to zero makes every value zero, whatever the codes.
    const inverse = half === 0 ? 0 : Math.fround(1 / scale);
    for (let i = 0; i < BLOCK; i++) view.setInt8(at + 2 + i, nearest(Math.fround(block[i]! * inverse)));
  }
  return bytes;
}

/** Fills `target`, whole blocks, with the values of Q8_0's codes: one binary32 rounding each. */
export function decodeQ8(bytes: Uint8Array, target: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let from = 0, at = 0; from < target.length; from += BLOCK, at += BLOCK_BYTES) {
    const scale = float32Of(float16ToBits(view.getUint16(at, true)));
    for (let i = 0; i < BLOCK; i++) target[from + i] = view.getInt8(at + 2 + i) * scale;
  }
}

/** C's roundf. */
function nearest(value: number): number {
  return Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
}

const ONE = new Float32Array(1);
const ONE_BITS = new Uint32Array(ONE.buffer);

function bitsOf(value: number): number {
  ONE[0] = value;
  return ONE_BITS[0]!;
}

function float32Of(bits: number): number {
  ONE_BITS[0] = bits;
  return ONE[0]!;
}

function overflow(what: string, from: number, block: Float32Array): ConfigError {
  const largest = block.findIndex((one) => Math.abs(one) === Math.max(...block.map(Math.abs)));
  const index = from + largest;
  return new ConfigError(
    'weight-overflow',
    `${what}[${index}] = ${block[largest]} is too large for Q8_0, whose scales are float16`,
    { tensor: what, index, value: block[largest], format: 'Q8_0' },
  );
}
