import {
  newScreenGroup,
  REPRESENTATION,
  SCREEN_GROUP,
  type ScreenGroup,
  screenGroup,
} from './screen-group.js';

/** The smallest number that the firmware takes for a largest norm: that of a head of zeros is not one. */
const SMALLEST_NORM = 2 ** -126;

/** Size of `lm_head.screen` (firmware/FORMATS.md "The screen"). */
export function screenBytes(rows: number, cols: number): number {
  const groups = Math.ceil(cols / SCREEN_GROUP);
  return rows * (rowCodeBytes(cols) + 2 * groups + rowRatioBytes(cols)) + 4;
}

function rowCodeBytes(cols: number): number {
  return 4 * Math.ceil(cols / 8);
}

/** Bytes of a row's ratios, two groups a byte. */
export function rowRatioBytes(cols: number): number {
  return Math.ceil(Math.ceil(cols / SCREEN_GROUP) / 2);
}

/**
 * Makes `lm_head.screen` of a head: 4-bit codes, and for each group of 32 weights a bound on how far the codes are off.
 * @param values (rows, cols), the exact values of the weights as stored; where a weight is a product that float32
 * cannot hold (int8 codes times a float32 scale), the nearest float32: the ratios and the largest norm leave room for
 * the difference, 2^-23 of a group's norm where 2^-24 would do
 * @throws RangeError when `values` is not (rows, cols), or holds a NaN or an infinity, or a row's norm exceeds float32
 */
export function buildScreen(values: Float32Array, rows: number, cols: number): Uint8Array {
  if (values.length !== rows * cols) {
    throw new RangeError(`a head of ${rows} x ${cols} weights has not ${values.length}`);
  }
  const groups = Math.ceil(cols / SCREEN_GROUP);
  const rowBytes = rowCodeBytes(cols);
  const ratioBytes = rowRatioBytes(cols);
  const file = new Uint8Array(screenBytes(rows, cols));
  const scales = new Uint16Array(file.buffer, rows * rowBytes, rows * groups);
  const ratios = file.subarray(rows * (rowBytes + 2 * groups), file.length - 4);
  const group = newScreenGroup();
  let largestSquares = 0;
  for (let row = 0; row < rows; row++) {
    let squares = 0;
    for (let g = 0; g < groups; g++) {
      const first = g * SCREEN_GROUP;
      const count = Math.min(SCREEN_GROUP, cols - first);
      screenGroup(group, values, row * cols + first, count);
      packNibbles(file, row * rowBytes + first / 2, group, count);
      scales[row * groups + g] = group.scaleBits;
      ratios[row * ratioBytes + (g >> 1)]! |= group.ratio << (4 * (g & 1));
      squares += group.squares;
    }
    // A NaN, as the squares of NaN and infinite weights make it, must not lose a comparison.
    if (!(squares <= largestSquares)) largestSquares = requireFinite(squares, row);
  }
  new DataView(file.buffer).setFloat32(file.length - 4, largestNorm(largestSquares), true);
  return file;
}

function requireFinite(squares: number, row: number): number {
  if (Number.isFinite(squares)) return squares;
  throw new RangeError(`row ${row} of the head holds a weight that is not a finite number`);
}

function packNibbles(file: Uint8Array, at: number, { nibbles }: ScreenGroup, count: number): void {
  for (let i = 0; i < count; i++) file[at + (i >> 1)]! |= nibbles[i]! << (4 * (i & 1));
}

/**
 * At least the square root, as a float32: a weight's representation and the rounding to float32 take 2^-24 each, and
 * four times that is added.
 * @throws RangeError when float32 ends before
 */
function largestNorm(squares: number): number {
  const norm = Math.fround(Math.sqrt(squares) * (1 + 2 * REPRESENTATION));
  if (Number.isFinite(norm)) return Math.max(norm, SMALLEST_NORM);
  throw new RangeError(
    'a row of the head is too large: its norm does not fit float32, and so could not its logits',
  );
}
