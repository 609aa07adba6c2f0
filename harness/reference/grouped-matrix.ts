import type { Activation } from './activation.js';
import { f32 } from './float32-math.js';
import { integerDot, scaleCodes } from './integer-dot.js';
import type { Matrix } from './matrix.js';

/** Elements that share a scale; the last group of a row may have fewer. */
export const GROUP = 32;

/** A matrix of integer codes with a scale for every group of a row. */
export class GroupedMatrix implements Matrix {
  readonly #codes: Int8Array;
  readonly #scales: Float32Array;
  readonly #groups: number;

  /**
   * @param codes (rows, cols), the numbers that the scale is multiplied with
   * @param scales (rows, ceil(cols / 32))
   */
  constructor(
    codes: Int8Array,
    scales: Float32Array,
    readonly rows: number,
    readonly cols: number,
  ) {
    this.#codes = codes;
    this.#scales = scales;
    this.#groups = Math.ceil(cols / GROUP);
  }

  multiply(out: Float32Array, x: Activation): void {
    const { codes, scale } = x.fixedPoint;
    for (let row = 0; row < this.rows; row++) out[row] = this.#product(row, codes) * scale;
  }

  #product(row: number, vector: Int16Array): number {
    let t = 0;
    for (let group = 0; group < this.#groups; group++) {
      const first = group * GROUP;
      const n = Math.min(GROUP, this.cols - first);
      const total = f32(integerDot(this.#codes, vector, n, row * this.cols + first, first));
      t = f32(t + f32(total * this.#scales[row * this.#groups + group]!));
    }
    return t;
  }

  row(index: number, out: Float32Array): void {
    for (let group = 0; group < this.#groups; group++) {
      const first = group * GROUP;
      const end = Math.min(first + GROUP, this.cols);
      const codes = this.#codes.subarray(index * this.cols + first, index * this.cols + end);
      scaleCodes(out.subarray(first, end), codes, this.#scales[index * this.#groups + group]!);
    }
  }
}
