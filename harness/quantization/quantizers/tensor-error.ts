import type { QuantizedTensor } from '../quantized-tensor.js';

/** |w - w'| / |w| of Frobenius norms; absent for a matrix of zeros. */
export function relativeError(original: Float32Array, rounded: Float32Array): number | undefined {
  let error = 0;
  let size = 0;
  for (let i = 0; i < original.length; i++) {
    const difference = original[i]! - rounded[i]!;
    error += difference * difference;
    size += original[i]! * original[i]!;
  }
  return size === 0 ? undefined : Math.sqrt(error / size);
}

/** Shannon entropy of the codes, bits a weight: what no coder of single codes can go below. */
export function codeEntropy({ codes }: Pick<QuantizedTensor, 'codes'>): number {
  const counts = new Map<number, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / codes.length) * Math.log2(count / codes.length);
  return bits;
}

/** Bits a weight of the grid itself: codes at their nominal width (1.58: log2 3), scales and zero points; no padding. */
export function bitsPerWeight({ grid, codes, scales, zeros }: QuantizedTensor): number {
  const code = grid.bits === 1.58 ? Math.log2(3) : grid.bits;
  const scale = grid.bits === 2 || grid.bits === 3 || grid.bits === 4 ? 16 : 32;
  const zero = zeros === undefined ? 0 : grid.bits;
  return code + ((scale + zero) * scales.length) / codes.length;
}
