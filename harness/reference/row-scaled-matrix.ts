import type { Activation } from './activation.js';
import { f32 } from './float32-math.js';
import { integerDot, scaleCodes } from './integer-dot.js';
import type { Matrix } from './matrix.js';

/** Elements whose products are summed as one integer. */
const SPAN = 256;

/** A matrix of integer codes with one scale a row. */
export class RowScaledMatrix implements Matrix {
  readonly #codes: Int8Array;
  readonly #scales: Float32Array;

  /**
   * @param codes (rows, cols), the numbers that the scale is multiplied with
   * @param scales (rows)
   */
  constructor(
    codes: Int8Array,
    scales: Float32Array,
    readonly rows: number,
    readonly cols: number,
  ) {
    this.#codes = codes;
    this.#scales = scales;
  }

  multiply(out: Float32Array, x: Activation): void {
    const { codes, scale } = x.fixedPoint;
    for (let row = 0; row < this.rows; row++) {
      out[row] = f32(this.#product(row * this.cols, codes) * this.#scales[row]!) * scale;
    }
  }

  #product(row: number, vector: Int16Array): number {
    let t = 0;
    for (let first = 0; first < this.cols; first += SPAN) {
      const n = Math.min(SPAN, this.cols - first);
      t = f32(t + f32(integerDot(this.#codes, vector, n, row + first, first)));
    }
    return t;
  }

  row(index: number, out: Float32Array): void {
    const codes = this.#codes.subarray(index * this.cols, (index + 1) * this.cols);
    scaleCodes(out, codes, this.#scales[index]!);
  }
}
