import { addProduct, type Floats, transpose } from './matmul.js';

/** Room for two transposed operands, each as large as the largest that `linearBackward` meets. */
export interface TransposeRoom {
  readonly left: Floats;
  readonly right: Floats;
}

/** out(rows, outs) = x(rows, ins) times the transpose of weight(outs, ins). */
export function linear(
  out: Floats,
  x: Floats,
  weight: Floats,
  rows: number,
  outs: number,
  ins: number,
): void {
  out.fill(0, 0, rows * outs);
  addProduct(out, x, weight, rows, outs, ins);
}

/** Adds the gradients of `linear`: dx(rows, ins) += dOut weight, dWeight(outs, ins) += the transpose of dOut times x. */
export function linearBackward(
  dx: Floats,
  dWeight: Floats,
  dOut: Floats,
  x: Floats,
  weight: Floats,
  rows: number,
  outs: number,
  ins: number,
  room: TransposeRoom,
): void {
  transpose(room.left, weight, outs, ins);
  addProduct(dx, dOut, room.left, rows, ins, outs);
  transpose(room.left, dOut, rows, outs);
  transpose(room.right, x, rows, ins);
  addProduct(dWeight, room.left, room.right, outs, ins, rows);
}
