import { isOdd } from '../../model/code-range.js';
import type { AdamClock } from '../../model/training/adamw.js';
import { exp } from '../../model/training/exact-math.js';
import type { Floats } from '../../model/training/matmul.js';
import type { Grid, QuantizedTensor } from '../quantized-tensor.js';
import { codeOf, type FitOptions, fitValues } from '../quantizers/fit.js';
import { codeRange, storedScale } from '../quantizers/grid.js';
import { emptyTensor, type MatrixShape, putFit, spans } from '../quantizers/quantize-tensor.js';
import type { Freezable } from './freezing.js';
import { TrainedNumbers } from './trained-numbers.js';
import type { LearningRates, TrainedTensor } from './trained-tensor.js';

/** Weights that share a scale. */
interface Span {
  readonly from: number;
  readonly to: number;
  /** As the search found it on the weights that training begins with. */
  readonly scale: number;
  readonly zero: number;
  /** 1.58 bits: from here on a weight has a code, in units of the scale. */
  readonly cut: number;
  /** The outermost codes, less the zero point. */
  readonly low: number;
  readonly high: number;
}

/** How far beyond the outermost code a weight may begin. */
const BEYOND = 0.4;

/**
 * A matrix in training, each weight free or fixed to a code for good. A free one takes part with its own value, held between the outermost codes.
 * Weights are in units of their scale, on a code `code - zero`; scales grow by factors, so that their signs stay.
 */
export class CodedWeights implements TrainedTensor, Freezable {
  readonly fixed: Uint8Array;
  readonly #units: TrainedNumbers;
  /** Natural logarithms of what the scales are multiplied with. */
  readonly #growths: TrainedNumbers;
  readonly #shape: MatrixShape;
  readonly #grid: Grid;
  readonly #spans: readonly Span[];
  readonly #spanOf: Uint32Array;
  /** From a code to the border of the next. */
  readonly #reach: number;

  /** @param values (layers, rows, cols), where training begins */
  constructor(
    values: Float32Array,
    shape: MatrixShape,
    grid: Grid,
    options: FitOptions,
    rates: LearningRates,
  ) {
    this.#shape = shape;
    this.#grid = grid;
    this.#reach = isOdd(grid.bits, grid.zeroPoint) ? 1 : 0.5;
    this.#spans = [...spans(shape, grid)].map(({ from, to }) =>
      spanOf(values.subarray(from, to), from, grid, options),
    );
    this.#spanOf = new Uint32Array(values.length);
    for (const [index, { from, to }] of this.#spans.entries()) this.#spanOf.fill(index, from, to);
    this.fixed = new Uint8Array(values.length);
    this.#units = new TrainedNumbers(values.length, rates.units);
    this.#growths = new TrainedNumbers(this.#spans.length, rates.scales);
    this.#begin(values);
  }

  #begin(values: Float32Array): void {
    for (const { from, to, scale, low, high } of this.#spans) {
      for (let i = from; i < to; i++) {
        const unit = scale === 0 ? 0 : values[i]! / scale;
        this.#units.values[i] = Math.min(high + BEYOND, Math.max(low - BEYOND, unit));
      }
    }
  }

  /** As it would be stored now. */
  #scale(index: number): number {
    return storedScale(this.#grid.bits, this.#spans[index]!.scale * exp(this.#growths.values[index]!));
  }

  write(out: Floats): void {
    const { values } = this.#units;
    for (const [index, { from, to, low, high }] of this.#spans.entries()) {
      const scale = this.#scale(index);
      for (let i = from; i < to; i++) out[i] = Math.min(high, Math.max(low, values[i]!)) * scale;
    }
  }

  /** What is fixed gets none, and nothing what would take a weight further beyond the outermost codes. */
  pull(gradient: Floats): void {
    const { values, gradient: own } = this.#units;
    for (const [index, { from, to, low, high }] of this.#spans.entries()) {
      const scale = this.#scale(index);
      let growth = 0;
      for (let i = from; i < to; i++) {
        const unit = values[i]!;
        const pull = gradient[i]! * scale;
        growth += pull * Math.min(high, Math.max(low, unit));
        const outward = (unit < low && pull > 0) || (unit > high && pull < 0);
        own[i] = this.fixed[i] === 1 || outward ? 0 : pull;
      }
      this.#growths.gradient[index] = growth;
    }
  }

  update(clock: AdamClock, scale: number, share: number): void {
    this.#units.update(clock, scale, share);
    this.#growths.update(clock, scale, share);
  }

  get arrays(): readonly (Float32Array | Uint8Array)[] {
    return [...this.#units.arrays, ...this.#growths.arrays, this.fixed];
  }

  distance(index: number): number {
    return Math.abs(this.#units.values[index]! - this.#nearest(index)) / this.#reach;
  }

  fix(index: number): void {
    this.#units.settle(index, this.#nearest(index));
    this.fixed[index] = 1;
  }

  #nearest(index: number): number {
    const { zero, cut } = this.#spans[this.#spanOf[index]!]!;
    return codeOf(this.#units.values[index]!, { scale: 1, zero, cut }, this.#grid) - zero;
  }

  /** Codes and scales: what is not fixed yet is on its nearest code. */
  tensor(): QuantizedTensor {
    const tensor = emptyTensor(this.#shape, this.#grid);
    for (const [index, { from, to, zero }] of this.#spans.entries()) {
      putFit(tensor, index, { scale: this.#scale(index), zero });
      for (let i = from; i < to; i++) tensor.codes[i] = this.#nearest(i) + zero;
    }
    return tensor;
  }
}

function spanOf(values: Float32Array, from: number, grid: Grid, options: FitOptions): Span {
  const { scale, zero, cut = 0 } = fitValues(values, grid, options);
  const [least, largest] = codeRange(grid);
  return {
    from,
    to: from + values.length,
    scale,
    zero,
    cut: scale === 0 ? Number.POSITIVE_INFINITY : cut / scale,
    low: least - zero,
    high: largest - zero,
  };
}
