/**
 * The sum of `n` products of weight codes from `row` and vector codes from `first`, exact: at most 256 of them, which is
 * less than 2^31.
 */
export function integerDot(
  codes: Int8Array,
  vector: Int16Array,
  n: number,
  row: number,
  first: number,
): number {
  let total = 0;
  let i = row;
  let j = first;
  for (const end = row + (n & ~3); i < end; i += 4, j += 4) {
    total = (total + codes[i]! * vector[j]! + codes[i + 1]! * vector[j + 1]!) | 0;
    total = (total + codes[i + 2]! * vector[j + 2]! + codes[i + 3]! * vector[j + 3]!) | 0;
  }
  for (const end = row + n; i < end; i++, j++) total = (total + codes[i]! * vector[j]!) | 0;
  return total;
}

/** out (cols) = code * scale, one rounding each: what a row of the embedding is in an integer format. */
export function scaleCodes(out: Float32Array, codes: Int8Array, scale: number): void {
  for (let i = 0; i < codes.length; i++) out[i] = codes[i]! * scale;
}
