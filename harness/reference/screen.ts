import type { Activation } from './activation.js';
import { widenBfloat16 } from './float-matrix.js';
import { GROUP, GroupedMatrix } from './grouped-matrix.js';
import { topToken } from './largest-logits.js';
import { pad4, unpackCodes } from './unpack-codes.js';

/** `lm_head.screen`, read by firmware/FORMATS.md "The screen". */
export interface Screen {
  readonly rows: number;
  readonly cols: number;
  /** Its codes and scales, whose product with a vector is y. */
  readonly matrix: GroupedMatrix;
  /** (rows, groups): what the Euclidean norm of a group's error is at most. Exact products. */
  readonly errors: Float64Array;
  readonly largestNorm: number;
}

/** @throws RangeError when the file has another size, or a scale or the largest norm is not what the page allows */
export function readScreen(file: Uint8Array, rows: number, cols: number): Screen {
  const groups = Math.ceil(cols / GROUP);
  const rowBytes = pad4(Math.ceil(cols / 2));
  const ratioBytes = Math.ceil(groups / 2);
  const size = rows * (rowBytes + 2 * groups + ratioBytes) + 4;
  if (file.length !== size) {
    throw new RangeError(`a screen of ${rows} x ${cols} weights has ${size} bytes, not ${file.length}`);
  }
  const codes = unpackCodes('int4', file, { rows, cols, rowBytes, offset: 0 });
  const scaleBytes = file.slice(rows * rowBytes, rows * (rowBytes + 2 * groups));
  const scales = widenBfloat16(scaleBytes);
  const ratios = file.subarray(rows * (rowBytes + 2 * groups), size - 4);
  const largestNorm = new DataView(file.buffer, file.byteOffset).getFloat32(size - 4, true);
  if (!scales.every((scale) => scale >= 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new RangeError('the screen has a scale that is negative, infinite or NaN');
  }
  if (!(largestNorm > 0 && largestNorm < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`the screen's largest norm is ${largestNorm}`);
  }
  const errors = Float64Array.from(scales, (scale, i) => {
    const group = i % groups;
    const pair = ratios[Math.floor(i / groups) * ratioBytes + (group >> 1)]!;
    return ((8 + (group % 2 === 0 ? pair & 15 : pair >> 4)) * scale) / 8;
  });
  return { rows, cols, matrix: new GroupedMatrix(codes, scales, rows, cols), errors, largestNorm };
}

/** What the screen says of every row. */
export interface Screened {
  /** (rows): y, to the bit. */
  readonly values: Float32Array;
  /** (rows): b + slack, in binary64; a board's own is at least this, and larger by a few millionths. */
  readonly margins: Float64Array;
}

/** Scans the whole screen for a final normalized h. */
export function scanScreen(screen: Screen, h: Activation): Screened {
  const { rows, cols, errors } = screen;
  const groups = Math.ceil(cols / GROUP);
  const values = new Float32Array(rows);
  screen.matrix.multiply(values, h);
  const { codes, scale } = h.fixedPoint;
  const norms = Float64Array.from({ length: groups }, (_, group) => {
    return norm(codes.subarray(group * GROUP, (group + 1) * GROUP)) * scale;
  });
  const slack = slackOf(screen, norm(codes) * scale, scale);
  const margins = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let bound = 0;
    for (let group = 0; group < groups; group++) bound += errors[row * groups + group]! * norms[group]!;
    margins[row] = bound + slack;
  }
  return { values, margins };
}

function norm(codes: Int16Array): number {
  let squares = 0;
  for (const code of codes) squares += code * code;
  return Math.sqrt(squares);
}

/** The page's slack; a vector below its smallest scale is lost whole. */
function slackOf({ cols, largestNorm }: Screen, length: number, scale: number): number {
  const lost = (scale === 0 ? 2 ** -100 : 0.51 * scale) * Math.sqrt(cols);
  const roundings = cols / 4 + 2 * Math.ceil(cols / GROUP) + 32;
  return largestNorm * (lost + 2 ** -24 * roundings * (length + lost));
}

/** How well the screen did at one position. */
export interface ScreenOutcome {
  /** Rows that can win by the bounds alone. */
  readonly left: number;
  /** Rows that can win once the row with the largest y is known exactly. */
  readonly leftAfterBest: number;
  /** The winner's place among all rows by y, 1 being the first; equal y: lower id first. What `checked` needs at least. */
  readonly rank: number;
  /** Whether the exact winner is among the rows left. Always, if the page's proof is right. */
  readonly keptWinner: boolean;
  /** Whether every row's exact logit lies within its bounds. */
  readonly boundsHold: boolean;
}

/** Holds a scan against the exact logits (rows). */
export function judgeScreen({ values, margins }: Screened, logits: Float32Array): ScreenOutcome {
  const winner = topToken(logits);
  const best = topToken(values);
  let lower = Number.NEGATIVE_INFINITY;
  let rank = 1;
  let boundsHold = true;
  for (const [row, value] of values.entries()) {
    lower = Math.max(lower, value - margins[row]!);
    if (value > values[winner]! || (value === values[winner]! && row < winner)) rank += 1;
    if (Math.abs(logits[row]! - value) > margins[row]!) boundsHold = false;
  }
  const raised = Math.max(lower, logits[best]!);
  const canReach = (bound: number) => (value: number, row: number) => value + margins[row]! >= bound;
  return {
    left: count(values, canReach(lower)),
    leftAfterBest: count(values, canReach(raised)),
    rank,
    keptWinner: canReach(raised)(values[winner]!, winner),
    boundsHold,
  };
}

function count(values: Float32Array, test: (value: number, row: number) => boolean): number {
  let n = 0;
  for (let row = 0; row < values.length; row++) if (test(values[row]!, row)) n += 1;
  return n;
}
