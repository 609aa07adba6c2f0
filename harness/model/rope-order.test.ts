import { expect } from 'chai';
import { randomBits } from './random-bits.js';
import { toHalvesOrder, toNeighboursOrder } from './rope-order.js';

const HEADS = 3;
const HEAD_SIZE = 8;
const COLS = 5;

function random(count: number, seed: number): Float32Array {
  const next = randomBits(seed);
  return Float32Array.from({ length: count }, () => next() / 2 ** 31 - 1);
}

function multiply(matrix: Float32Array, vector: Float32Array): number[] {
  return Array.from({ length: matrix.length / COLS }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < COLS; i++) sum += matrix[row * COLS + i]! * vector[i]!;
    return sum;
  });
}

/** Turns the pair (a, b) of every head by the pair's own angle. */
function rotate(values: number[], pairOf: (pair: number) => readonly [number, number]): number[] {
  const turned = [...values];
  for (let head = 0; head < HEADS; head++) {
    for (let pair = 0; pair < HEAD_SIZE / 2; pair++) {
      const [a, b] = pairOf(pair).map((i) => head * HEAD_SIZE + i) as [number, number];
      const angle = 7 * 10000 ** ((-2 * pair) / HEAD_SIZE);
      turned[a] = values[a]! * Math.cos(angle) - values[b]! * Math.sin(angle);
      turned[b] = values[a]! * Math.sin(angle) + values[b]! * Math.cos(angle);
    }
  }
  return turned;
}

describe('toHalvesOrder', () => {
  it('makes turning halves equal turning neighbours, to the bit', () => {
    const matrix = random(2 * HEADS * HEAD_SIZE * COLS, 1);
    const x = random(COLS, 2);
    const layer = HEADS * HEAD_SIZE * COLS;
    for (const first of [0, layer]) {
      const neighbours = multiply(matrix.subarray(first, first + layer), x);
      const halves = multiply(toHalvesOrder(matrix, HEAD_SIZE, COLS).subarray(first, first + layer), x);
      const expected = rotate(neighbours, (pair) => [2 * pair, 2 * pair + 1]);
      const found = rotate(halves, (pair) => [pair, pair + HEAD_SIZE / 2]);
      for (let row = 0; row < HEADS * HEAD_SIZE; row++) {
        const within = row % HEAD_SIZE;
        const there = row - within + (within % 2 === 0 ? within / 2 : (within - 1) / 2 + HEAD_SIZE / 2);
        expect(found[there]).to.equal(expected[row]);
      }
    }
  });

  it('leaves its argument alone', () => {
    const matrix = random(HEADS * HEAD_SIZE * COLS, 3);
    const before = matrix.slice();
    toHalvesOrder(matrix, HEAD_SIZE, COLS);
    expect(matrix).to.deep.equal(before);
  });

  it('is undone by toNeighboursOrder', () => {
    const matrix = random(2 * HEADS * HEAD_SIZE * COLS, 4);
    const halves = toHalvesOrder(matrix, HEAD_SIZE, COLS);
    expect(halves).not.to.deep.equal(matrix);
    expect(toNeighboursOrder(halves, HEAD_SIZE, COLS)).to.deep.equal(matrix);
  });
});
