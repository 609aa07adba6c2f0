import { expect } from 'chai';
import { addProduct, transpose } from './matmul.js';

describe('the tiled product', () => {
  for (const [rows, cols, inner] of [
    [4, 4, 3],
    [8, 12, 5],
    [5, 7, 2],
    [3, 2, 9],
    [1, 1, 1],
    [9, 4, 4],
  ] as const) {
    it(`adds a (${rows}, ${inner}) times the transpose of b (${cols}, ${inner})`, () => {
      const a = Float64Array.from({ length: rows * inner }, (_, i) => ((i * 7) % 11) - 5);
      const b = Float64Array.from({ length: cols * inner }, (_, i) => ((i * 5) % 13) - 6);
      const out = new Float64Array(rows * cols).fill(100);
      addProduct(out, a, b, rows, cols, inner);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < cols; j++) {
          let sum = 100;
          for (let p = 0; p < inner; p++) sum += a[i * inner + p]! * b[j * inner + p]!;
          expect(out[i * cols + j]).to.equal(sum);
        }
      }
    });
  }

  it('transposes', () => {
    const out = new Float32Array(6);
    transpose(out, Float32Array.of(1, 2, 3, 4, 5, 6), 2, 3);
    expect([...out]).to.deep.equal([1, 4, 2, 5, 3, 6]);
  });
});
