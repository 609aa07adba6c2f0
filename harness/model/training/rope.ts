import { exp, log, sinCos } from './exact-math.js';
import type { Floats } from './matmul.js';

/** cos and sin of every position's angles, each (positions, headSize / 2). */
export interface RotaryTable {
  readonly cos: Float64Array;
  readonly sin: Float64Array;
}

/** Angles position * theta^(-2i / headSize) (Su et al. 2021). */
export function rotaryTable(positions: number, headSize: number, theta: number): RotaryTable {
  const half = headSize / 2;
  const table = { cos: new Float64Array(positions * half), sin: new Float64Array(positions * half) };
  for (let i = 0; i < half; i++) {
    const frequency = exp(-((2 * i) / headSize) * log(theta));
    for (let position = 0; position < positions; position++) {
      const [sin, cos] = sinCos(position * frequency);
      table.sin[position * half + i] = sin;
      table.cos[position * half + i] = cos;
    }
  }
  return table;
}

/**
 * Turns x(rows, heads, headSize) in place, row r by the angles of position r, pairing element i with i + headSize / 2 as
 * Hugging Face does. `direction` -1 turns back, which is also the gradient's way through.
 */
export function rotate(
  x: Floats,
  table: RotaryTable,
  rows: number,
  heads: number,
  headSize: number,
  direction: 1 | -1,
): void {
  const half = headSize / 2;
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      const at = (row * heads + head) * headSize;
      for (let i = 0; i < half; i++) {
        const cos = table.cos[row * half + i]!;
        const sin = table.sin[row * half + i]! * direction;
        const u = x[at + i]!;
        const w = x[at + i + half]!;
        x[at + i] = u * cos - w * sin;
        x[at + i + half] = w * cos + u * sin;
      }
    }
  }
}
