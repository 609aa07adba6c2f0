/** Weights that share a scale in the screen (firmware/FORMATS.md "The screen"). */
export const SCREEN_GROUP = 32;

/** What a group of weights becomes. One object is reused from group to group. */
export interface ScreenGroup {
  /** (SCREEN_GROUP) nibbles 0 .. 15, of which the group's first `count` are set. */
  readonly nibbles: Uint8Array;
  /** The scale's bf16 bits. */
  scaleBits: number;
  /** |w - v| <= (8 + ratio) * scale / 8 over the group; 0 .. 15. */
  ratio: number;
  /** Sum of the squared weights. */
  squares: number;
}

export function newScreenGroup(): ScreenGroup {
  return { nibbles: new Uint8Array(SCREEN_GROUP), scaleBits: 0, ratio: 0, squares: 0 };
}

/** Everything computed in binary64 here is right to within 2^-46, relatively; this covers it. */
const ROUND_UP = 1 + 2 ** -40;

/** A float32 weight may stand for a real number half a unit in the last place away; twice that, for good measure. */
export const REPRESENTATION = 2 ** -23;

/**
 * The smallest scale of a group that is not all zero: the smallest normal number, so that no subnormal arithmetic is
 * asked of a board. Weights far below it come out as zeros, with an error that the ratio still holds.
 */
const SMALLEST_SCALE_BITS = 0x0080;

/** Scales are tried from `FINEST` to `COARSEST` times the largest magnitude; what lies above 7 of them is clipped. */
const FINEST = 0.74 / 7;
const COARSEST = 1 / 7;

/** What a ratio of 0 and one of 15 say. */
const LEAST_EIGHTHS = 8;
const MOST_EIGHTHS = 23;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function scaleOf(scaleBits: number): number {
  bits[0] = scaleBits << 16;
  return float[0]!;
}

/** The smallest bf16 that is at least `value` (finite, not negative), as bits. */
function bitsAtLeast(value: number): number {
  float[0] = value;
  const down = bits[0]! >>> 16;
  return scaleOf(down) >= value ? down : down + 1;
}

/**
 * Chooses scale, nibbles and ratio of `weights[start .. start + count - 1]`, finite, at most SCREEN_GROUP of them. Of
 * all bf16 scales in a range around "largest magnitude over 7" it takes the one with the smallest proved error, `(8 +
 * ratio) * scale`, so that it mostly finds one whose error just fills its ratio. There always is one: the coarsest scale
 * clips nothing, so that its error is at most sqrt(32) / 2 scales, which is 22.63 eighths where 23 can be said.
 */
export function screenGroup(out: ScreenGroup, weights: Float32Array, start: number, count: number): void {
  const largest = measure(out, weights, start, count);
  out.scaleBits = 0;
  out.ratio = 0;
  if (largest > 0) chooseScale(out, weights, start, count, largest);
  const scale = scaleOf(out.scaleBits);
  const inverse = scale > 0 ? 1 / scale : 0;
  for (let i = 0; i < count; i++) out.nibbles[i] = nibbleOf(weights[start + i]! * inverse);
}

function measure(out: ScreenGroup, weights: Float32Array, start: number, count: number): number {
  let largest = 0;
  let squares = 0;
  for (let i = start; i < start + count; i++) {
    const w = weights[i]!;
    squares += w * w;
    if (w > largest) largest = w;
    else if (-w > largest) largest = -w;
  }
  out.squares = squares;
  return largest;
}

function chooseScale(
  out: ScreenGroup,
  weights: Float32Array,
  start: number,
  count: number,
  largest: number,
): void {
  const finest = Math.max(bitsAtLeast(largest * FINEST), SMALLEST_SCALE_BITS);
  const coarsest = Math.max(bitsAtLeast(largest * COARSEST), SMALLEST_SCALE_BITS);
  const uncertainty = Math.sqrt(out.squares) * REPRESENTATION;
  let least = Number.POSITIVE_INFINITY;
  for (let candidate = coarsest; candidate >= finest; candidate--) {
    const scale = scaleOf(candidate);
    const error = Math.sqrt(squaredError(weights, start, count, scale)) + uncertainty;
    const eighths = Math.max(LEAST_EIGHTHS, Math.ceil(((8 * error) / scale) * ROUND_UP));
    if (eighths > MOST_EIGHTHS || eighths * scale >= least) continue;
    least = eighths * scale;
    out.scaleBits = candidate;
    out.ratio = eighths - LEAST_EIGHTHS;
  }
}

/** Sum of the squared differences between the weights and their nearest multiples of `scale` that have a nibble. */
function squaredError(weights: Float32Array, start: number, count: number, scale: number): number {
  const inverse = 1 / scale;
  let sum = 0;
  for (let i = start; i < start + count; i++) {
    const w = weights[i]!;
    const difference = w - (nibbleOf(w * inverse) - 8) * scale;
    sum += difference * difference;
  }
  return sum;
}

/** The nibble whose value is nearest to `steps`, a weight in units of the scale. */
function nibbleOf(steps: number): number {
  const shifted = steps + 8.5;
  if (shifted < 1) return 0;
  return shifted >= 15 ? 15 : shifted | 0;
}
