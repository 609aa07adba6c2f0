/** Of the way from 0 to the border between two codes. */
const BINS = 4096;

/** Weights of which some are fixed already. */
export interface Freezable {
  /** 1: fixed. */
  readonly fixed: Uint8Array;
  /** Of a weight from its nearest code, in ways from a code to a border half-way between two: larger beyond the outermost codes. */
  distance(index: number): number;
  /** Puts a weight on its nearest code for good. */
  fix(index: number): void;
}

/**
 * How much is fixed after so much of the training, both as shares: none before `free`, then fast first and slower towards the end, since what
 * is fixed last has the least left to make up for it.
 */
export function fixedShare(done: number, free: number): number {
  const left = Math.min(1, Math.max(0, (1 - done) / (1 - free)));
  return 1 - left * left * left;
}

/** Fixes those that are nearest to a code until this share of all are; equally near ones in their order. */
export function fixNearest(matrices: readonly Freezable[], share: number): void {
  const total = matrices.reduce((sum, { fixed }) => sum + fixed.length, 0);
  let missing = Math.floor(total * share) - matrices.reduce((sum, { fixed }) => sum + countFixed(fixed), 0);
  if (missing <= 0) return;
  const { bin, within } = borderBin(matrices, missing);
  missing = within;
  for (const matrix of matrices) {
    for (let i = 0; i < matrix.fixed.length; i++) {
      if (matrix.fixed[i] === 1) continue;
      const own = binOf(matrix.distance(i));
      if (own < bin || (own === bin && missing-- > 0)) matrix.fix(i);
    }
  }
}

/** The bin up to which all are fixed, and how many of its own. */
function borderBin(
  matrices: readonly Freezable[],
  missing: number,
): { readonly bin: number; readonly within: number } {
  const bins = new Uint32Array(BINS);
  for (const matrix of matrices) {
    for (let i = 0; i < matrix.fixed.length; i++)
      if (matrix.fixed[i] === 0) bins[binOf(matrix.distance(i))]!++;
  }
  let [bin, within] = [0, missing];
  while (bin < BINS - 1 && within > bins[bin]!) within -= bins[bin++]!;
  return { bin, within };
}

function binOf(distance: number): number {
  return Math.min(BINS - 1, Math.floor(BINS * distance));
}

function countFixed(fixed: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < fixed.length; i++) count += fixed[i]!;
  return count;
}
