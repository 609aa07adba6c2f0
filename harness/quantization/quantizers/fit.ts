import type { Grid } from '../quantized-tensor.js';
import { codeRange, isLopsided, storedScale } from './grid.js';

/** Values that share a scale; read only. */
export type Values = Float32Array | Float64Array;

/** How values become codes: the stored scale, the zero point's code (0 without one), and for 1.58 bits where 0 ends. */
export interface Fit {
  readonly scale: number;
  readonly zero: number;
  /** 1.58 bits: magnitudes from here on get a code. */
  readonly cut?: number;
}

/** `widest`: no value is clipped. `clip`: the least squared error over scales from the widest down, of both signs where the codes are lopsided. */
export type Search = 'widest' | 'clip';

export interface FitOptions {
  readonly search: Search;
  /** 1.58 bits: share of the mean magnitude below which codes are 0; absent: the least squared error. */
  readonly threshold?: number | undefined;
}

/** The scale and zero point for some values that share them. Finite values; all zeros give scale 0. */
export function fitValues(values: Values, grid: Grid, { search, threshold }: FitOptions): Fit {
  if (grid.bits === 1) return { scale: storedScale(1, meanMagnitude(values)), zero: 0 };
  if (grid.bits === 1.58) return threshold === undefined ? bestTernary(values) : ternaryAt(values, threshold);
  const widest = grid.zeroPoint ? widestWithZero(values, grid) : widestSymmetric(values, grid);
  return search === 'widest' || widest.scale === 0 ? widest : bestClip(values, grid, widest);
}

/** The code of a value. */
export function codeOf(value: number, { scale, zero, cut }: Fit, grid: Grid): number {
  if (grid.bits === 1) return value < 0 ? -1 : 1;
  if (grid.bits === 1.58) return scale > 0 && Math.abs(value) >= cut! ? Math.sign(value) : 0;
  const ratio = scale === 0 ? 0 : value / scale;
  if (grid.bits === 2 && !grid.zeroPoint) return Math.min(3, Math.max(-3, 2 * Math.floor(ratio / 2) + 1));
  const [least, largest] = codeRange(grid);
  return Math.min(largest, Math.max(least, roundEven(ratio) + zero));
}

export function decode(code: number, { scale, zero }: Pick<Fit, 'scale' | 'zero'>): number {
  return Math.fround((code - zero) * scale);
}

function widestSymmetric(values: Values, grid: Grid): Fit {
  return { scale: storedScale(grid.bits, largestMagnitude(values) / codeRange(grid)[1]), zero: 0 };
}

/** From the smallest to the largest value, both stretched to include 0. */
function widestWithZero(values: Values, grid: Grid): Fit {
  let low = 0;
  let high = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i]! < low) low = values[i]!;
    if (values[i]! > high) high = values[i]!;
  }
  return between(low, high, grid);
}

function between(low: number, high: number, grid: Grid): Fit {
  const largest = codeRange(grid)[1];
  const scale = storedScale(grid.bits, (high - low) / largest);
  const zero = scale === 0 ? 0 : Math.min(largest, Math.max(0, roundEven(-low / scale)));
  return { scale, zero };
}

/** Steps of the search: scales down to a fifth of the widest, 2% of it apart; 2 bits have no zero, and outliers ask for far less. */
const STEPS = 50;
const LEAST_SHARE = 0.2;
const LEAST_SHARE_OF_2_BITS = 0.06;

function bestClip(values: Values, grid: Grid, widest: Fit): Fit {
  let best = widest;
  let leastError = squaredError(values, widest, grid, Number.POSITIVE_INFINITY);
  for (const fit of narrower(grid, widest)) {
    if (fit.scale === 0) break;
    const error = squaredError(values, fit, grid, leastError);
    if (error >= leastError) continue;
    leastError = error;
    best = fit;
  }
  return best;
}

/** What is tried beside the widest, from there down. */
function* narrower(grid: Grid, widest: Fit): Generator<Fit> {
  const least = grid.bits === 2 && !grid.zeroPoint ? LEAST_SHARE_OF_2_BITS : LEAST_SHARE;
  const [, largest] = codeRange(grid);
  const low = -widest.zero * widest.scale;
  const high = (largest - widest.zero) * widest.scale;
  const signs = isLopsided(grid) ? [1, -1] : [1];
  for (let step = 1; step <= STEPS; step++) {
    const share = 1 - ((1 - least) * step) / STEPS;
    if (grid.zeroPoint) yield between(low * share, high * share, grid);
    else
      for (const sign of signs) yield { scale: storedScale(grid.bits, sign * widest.scale * share), zero: 0 };
  }
}

/** Stops early once it is no better than `enough`. The loop that searches spend their time in: `codeOf` of each value, written out. */
function squaredError(values: Values, { scale, zero }: Fit, grid: Grid, enough: number): number {
  const [least, largest] = codeRange(grid);
  const odd = grid.bits === 2 && !grid.zeroPoint;
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const ratio = values[i]! / scale;
    let code = odd ? 2 * Math.floor(ratio / 2) + 1 : ratio + NO_FRACTION - NO_FRACTION + zero;
    if (code < least) code = least;
    else if (code > largest) code = largest;
    const error = values[i]! - (code - zero) * scale;
    sum += error * error;
    if (sum >= enough) break;
  }
  return sum;
}

/** Zeros below `threshold` times the mean magnitude, the scale the mean of the others (Li, Zhang and Liu 2016, section 2.2, has 0.7; seed 004 0.5). */
function ternaryAt(values: Values, threshold: number): Fit {
  const cut = threshold * meanMagnitude(values);
  let sum = 0;
  let kept = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude < cut || magnitude === 0) continue;
    sum += magnitude;
    kept++;
  }
  return { scale: kept === 0 ? 0 : storedScale(1.58, sum / kept), zero: 0, cut };
}

/** With the k largest magnitudes kept, their mean is the best scale and (their sum)^2 / k the error that it removes: every k is tried. */
function bestTernary(values: Values): Fit {
  const rising = Float64Array.from(values, Math.abs).sort();
  let sum = 0;
  let mostRemoved = 0;
  let best = 0;
  for (let k = 1; k <= rising.length; k++) {
    sum += rising[rising.length - k]!;
    const removed = (sum * sum) / k;
    if (removed <= mostRemoved) continue;
    mostRemoved = removed;
    best = sum / k;
  }
  const scale = storedScale(1.58, best);
  return { scale, zero: 0, cut: scale / 2 };
}

function meanMagnitude(values: Values): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.abs(values[i]!);
  return values.length === 0 ? 0 : sum / values.length;
}

function largestMagnitude(values: Values): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i]!) > largest) largest = Math.abs(values[i]!);
  return largest;
}

const NO_FRACTION = 1.5 * 2 ** 52;

/** The nearest integer, ties to even, of a magnitude below 2^51. */
function roundEven(value: number): number {
  return value + NO_FRACTION - NO_FRACTION;
}
