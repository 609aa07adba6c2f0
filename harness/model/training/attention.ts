import type { LlamaConfig } from '../checkpoint.js';
import { exp } from './exact-math.js';
import { addProduct, type Floats, type MakeFloats, transpose } from './matmul.js';

/** One head's rows apart, so that the tiled product can run over them; (rows, headSize) or (rows, rows). */
export interface AttentionRoom {
  readonly q: Floats;
  readonly k: Floats;
  readonly v: Floats;
  readonly out: Floats;
  readonly gradient: Floats;
  readonly turned: Floats;
  readonly square: Floats;
  readonly turnedSquare: Floats;
}

export function attentionRoom(rows: number, headSize: number, make: MakeFloats): AttentionRoom {
  const narrow = () => make(rows * headSize);
  const square = () => make(rows * rows);
  return {
    q: narrow(),
    k: narrow(),
    v: narrow(),
    out: narrow(),
    gradient: narrow(),
    turned: narrow(),
    square: square(),
    turnedSquare: square(),
  };
}

/**
 * Causal grouped-query attention over one sequence: out(rows, heads * headSize) from q(rows, heads * headSize) and k, v
 * (rows, kvHeads * headSize). `weights` keeps the softmax of each head, (heads, rows, rows), for the way back.
 */
export function attention(
  out: Floats,
  weights: Floats,
  q: Floats,
  k: Floats,
  v: Floats,
  rows: number,
  config: LlamaConfig,
  room: AttentionRoom,
): void {
  const { heads, kvHeads, headSize } = config;
  for (let head = 0; head < heads; head++) {
    const kvHead = Math.floor(head / (heads / kvHeads));
    takeHead(room.q, q, rows, head, heads, headSize);
    takeHead(room.k, k, rows, kvHead, kvHeads, headSize);
    takeHead(room.v, v, rows, kvHead, kvHeads, headSize);
    const soft = weights.subarray(head * rows * rows, (head + 1) * rows * rows);
    soft.fill(0);
    addProduct(soft, room.q, room.k, rows, rows, headSize);
    causalSoftmax(soft, rows, 1 / Math.sqrt(headSize));
    transpose(room.turned, room.v, rows, headSize);
    room.out.fill(0, 0, rows * headSize);
    addProduct(room.out, soft, room.turned, rows, headSize, rows);
    addHead(out, room.out, rows, head, heads, headSize);
  }
}

/** Adds the gradients of `attention` to dq, dk and dv. */
export function attentionBackward(
  dq: Floats,
  dk: Floats,
  dv: Floats,
  dOut: Floats,
  weights: Floats,
  q: Floats,
  k: Floats,
  v: Floats,
  rows: number,
  config: LlamaConfig,
  room: AttentionRoom,
): void {
  const { heads, kvHeads, headSize } = config;
  for (let head = 0; head < heads; head++) {
    const kvHead = Math.floor(head / (heads / kvHeads));
    const soft = weights.subarray(head * rows * rows, (head + 1) * rows * rows);
    takeHead(room.q, q, rows, head, heads, headSize);
    takeHead(room.k, k, rows, kvHead, kvHeads, headSize);
    takeHead(room.v, v, rows, kvHead, kvHeads, headSize);
    takeHead(room.out, dOut, rows, head, heads, headSize);

    // dv = soft^T dOut
    transpose(room.turnedSquare, soft, rows, rows);
    transpose(room.turned, room.out, rows, headSize);
    productToHead(dv, room.turnedSquare, room, rows, kvHead, kvHeads, headSize);
    // dSoft = dOut v^T, and through the softmax to the scores
    room.square.fill(0, 0, rows * rows);
    addProduct(room.square, room.out, room.v, rows, rows, headSize);
    causalSoftmaxBackward(room.square, soft, rows, 1 / Math.sqrt(headSize));
    // dq = dScores k
    transpose(room.turned, room.k, rows, headSize);
    productToHead(dq, room.square, room, rows, head, heads, headSize);
    // dk = dScores^T q
    transpose(room.turnedSquare, room.square, rows, rows);
    transpose(room.turned, room.q, rows, headSize);
    productToHead(dk, room.turnedSquare, room, rows, kvHead, kvHeads, headSize);
  }
}

/** Adds left(rows, rows) times the transpose of `room.turned` to a head of `out`. */
function productToHead(
  out: Floats,
  left: Floats,
  room: AttentionRoom,
  rows: number,
  head: number,
  heads: number,
  headSize: number,
): void {
  room.gradient.fill(0, 0, rows * headSize);
  addProduct(room.gradient, left, room.turned, rows, headSize, rows);
  addHead(out, room.gradient, rows, head, heads, headSize);
}

function takeHead(out: Floats, x: Floats, rows: number, head: number, heads: number, headSize: number): void {
  for (let row = 0; row < rows; row++) {
    const from = (row * heads + head) * headSize;
    for (let i = 0; i < headSize; i++) out[row * headSize + i] = x[from + i]!;
  }
}

function addHead(out: Floats, x: Floats, rows: number, head: number, heads: number, headSize: number): void {
  for (let row = 0; row < rows; row++) {
    const to = (row * heads + head) * headSize;
    for (let i = 0; i < headSize; i++) out[to + i]! += x[row * headSize + i]!;
  }
}

/** Scores to weights in place: row r over columns 0 .. r, and 0 beyond. */
function causalSoftmax(scores: Floats, rows: number, scale: number): void {
  for (let row = 0; row < rows; row++) {
    const at = row * rows;
    let largest = -Infinity;
    for (let t = 0; t <= row; t++) if (scores[at + t]! > largest) largest = scores[at + t]!;
    let sum = 0;
    for (let t = 0; t <= row; t++) {
      const weight = exp((scores[at + t]! - largest) * scale);
      scores[at + t] = weight;
      sum += weight;
    }
    for (let t = 0; t <= row; t++) scores[at + t] = scores[at + t]! / sum;
    for (let t = row + 1; t < rows; t++) scores[at + t] = 0;
  }
}

/** Gradient of the weights to that of the unscaled scores, in place. */
function causalSoftmaxBackward(gradient: Floats, soft: Floats, rows: number, scale: number): void {
  for (let row = 0; row < rows; row++) {
    const at = row * rows;
    let mean = 0;
    for (let t = 0; t <= row; t++) mean += soft[at + t]! * gradient[at + t]!;
    for (let t = 0; t <= row; t++) gradient[at + t] = soft[at + t]! * (gradient[at + t]! - mean) * scale;
    for (let t = row + 1; t < rows; t++) gradient[at + t] = 0;
  }
}
