import { type AdamClock, type AdamMoments, adamWUpdate } from '../../model/training/adamw.js';

/** Numbers that are trained at one rate, with their gradient and Adam's moments. */
export class TrainedNumbers {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly #moments: AdamMoments & { readonly mean: Float32Array; readonly square: Float32Array };
  readonly #rate: number;

  /** @param rate of learning, which each step's share is multiplied with */
  constructor(length: number, rate: number) {
    this.values = new Float32Array(length);
    this.gradient = new Float32Array(length);
    this.#moments = { mean: new Float32Array(length), square: new Float32Array(length) };
    this.#rate = rate;
  }

  /** What a state keeps. */
  get arrays(): readonly Float32Array[] {
    return [this.values, this.#moments.mean, this.#moments.square];
  }

  /** @param scale of the gradient; @param share of the rate */
  update(clock: AdamClock, scale: number, share: number): void {
    const rates = { learningRate: this.#rate * share, decay: 0 };
    adamWUpdate(clock, this.#moments, this.values, this.gradient, scale, rates);
  }

  /** Gives a number a value that it keeps as long as its gradient is 0. */
  settle(index: number, value: number): void {
    this.values[index] = value;
    this.#moments.mean[index] = 0;
  }
}
