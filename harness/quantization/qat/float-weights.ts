import { type FloatFormat, narrowFloats, widenFloats } from '../../model/float-formats.js';
import type { AdamClock } from '../../model/training/adamw.js';
import type { Floats } from '../../model/training/matmul.js';
import { TrainedNumbers } from './trained-numbers.js';
import type { TrainedTensor } from './trained-tensor.js';

/** A norm, or a matrix that a recipe keeps in floats: it runs on its values as its format has them, and is trained straight through that. */
export class FloatWeights implements TrainedTensor {
  readonly #name: string;
  readonly format: FloatFormat;
  readonly #numbers: TrainedNumbers;

  constructor(name: string, values: Float32Array, format: FloatFormat, rate: number) {
    this.#name = name;
    this.format = format;
    this.#numbers = new TrainedNumbers(values.length, rate);
    this.#numbers.values.set(values);
  }

  write(out: Floats): void {
    out.set(this.rounded());
  }

  pull(gradient: Floats): void {
    this.#numbers.gradient.set(gradient);
  }

  update(clock: AdamClock, scale: number, share: number): void {
    this.#numbers.update(clock, scale, share);
  }

  get arrays(): readonly Float32Array[] {
    return this.#numbers.arrays;
  }

  /** As the format has them. */
  rounded(): Float32Array {
    const { values } = this.#numbers;
    const rounded = new Float32Array(values.length);
    widenFloats(narrowFloats(values, this.format, this.#name), this.format, rounded);
    return rounded;
  }
}
