import type { PackedTensor } from '../../model/packed-model.js';
import { addExactly, divideExactly, integerPart, multiplyExactly, roundInteger } from './exact-binary32.js';
import { isGrouped, type SlowRow, slowRow } from './slow-weights.js';

/** For tests: a finite vector as fixed point, in exact arithmetic; firmware/FORMATS.md "Quantizing a vector". */
export function slowFixedPoint(x: readonly number[]): { readonly codes: bigint[]; readonly scale: number } {
  const amax = Math.max(...x.map(Math.abs));
  if (amax < 2 ** -100) return { codes: x.map(() => 0n), scale: 0 };
  const inverse = divideExactly(32767, amax);
  const codes = x.map((value) => {
    const t = multiplyExactly(value, inverse);
    const code = integerPart(addExactly(t, t >= 0 ? 0.5 : -0.5));
    return code > 32767n ? 32767n : code < -32767n ? -32767n : code;
  });
  return { codes, scale: divideExactly(amax, 32767) };
}

/** For tests: one layer of a packed tensor times a finite vector, in exact arithmetic. */
export function slowProduct(tensor: PackedTensor, layer: number, x: readonly number[]): number[] {
  const rows = Array.from({ length: tensor.rows }, (_, index) => slowRow(tensor, layer, index));
  if (rows[0]!.codes === undefined) return rows.map(({ values }) => slowDot(values, x));
  const { codes, scale } = slowFixedPoint(x);
  const product = isGrouped(tensor) ? slowGrouped : slowRowScaled;
  return rows.map((row) => product(row, codes, scale));
}

function slowDot(a: readonly number[], b: readonly number[]): number {
  const lanes = [0, 0, 0, 0];
  for (const [i, value] of a.entries())
    lanes[i % 4] = addExactly(lanes[i % 4]!, multiplyExactly(value, b[i]!));
  return addExactly(addExactly(lanes[0]!, lanes[1]!), addExactly(lanes[2]!, lanes[3]!));
}

function slowRowScaled(row: SlowRow, vector: readonly bigint[], scale: number): number {
  const sums = partSums(row.codes!, vector, 256);
  const t = sums.reduce((running, sum) => addExactly(running, roundInteger(sum)), 0);
  return multiplyExactly(multiplyExactly(t, row.scales![0]!), scale);
}

function slowGrouped(row: SlowRow, vector: readonly bigint[], scale: number): number {
  const sums = partSums(row.codes!, vector, 32);
  const terms = sums.map((sum, group) => multiplyExactly(roundInteger(sum), row.scales![group]!));
  return multiplyExactly(
    terms.reduce((running, term) => addExactly(running, term), 0),
    scale,
  );
}

/** Sums of products of `size` elements each. */
function partSums(codes: readonly bigint[], vector: readonly bigint[], size: number): bigint[] {
  const sums = Array.from({ length: Math.ceil(codes.length / size) }, () => 0n);
  for (const [i, code] of codes.entries()) sums[Math.floor(i / size)]! += code * vector[i]!;
  return sums;
}
