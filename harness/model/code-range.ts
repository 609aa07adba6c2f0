/**
 * The smallest and the largest code of so many bits a weight (1.58: ternary). 3 and 4 bits have one more on the negative side, as of so
 * few codes none can be spared; a scale below zero puts it on the other side of the weights (llama.cpp's Q4_0 has its scale's sign for the
 * same reason).
 */
export function codeRange(bits: number, zeroPoint: boolean): readonly [number, number] {
  if (bits === 1 || bits === 1.58) return [-1, 1];
  if (zeroPoint) return [0, 2 ** bits - 1];
  const largest = bits === 2 ? 3 : 2 ** (bits - 1) - 1;
  return [isLopsided(bits, zeroPoint) ? -largest - 1 : -largest, largest];
}

/** Whether the codes reach one further below zero than above, so that a scale's sign matters. */
export function isLopsided(bits: number, zeroPoint: boolean): boolean {
  return !zeroPoint && (bits === 3 || bits === 4);
}

/** Whether only odd codes exist: such a grid has no zero. */
export function isOdd(bits: number, zeroPoint: boolean): boolean {
  return !zeroPoint && (bits === 2 || bits === 1);
}
