import { expect } from 'chai';
import { generationFaults, repeatedPiece } from './generation-faults.js';

const varied = Array.from({ length: 60 }, (_, i) => (i * i * 7) % 101);
const loop = (piece: readonly number[]) =>
  Array.from({ length: 60 }, (_, i) => (i < 35 ? varied[i]! : piece[i % piece.length]!));

describe('repeatedPiece', () => {
  it('finds the shortest piece that the last third is made of', () => {
    expect(repeatedPiece(loop([7]))).to.equal(1);
    expect(repeatedPiece(loop([7, 8, 9]))).to.equal(3);
    expect(repeatedPiece(loop([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))).to.equal(10);
  });

  it('takes no text that varies, that loops only before its last third, or that is short', () => {
    expect(repeatedPiece(varied)).to.equal(undefined);
    expect(repeatedPiece([...Array<number>(40).fill(5), ...varied.slice(0, 20)])).to.equal(undefined);
    expect(repeatedPiece(Array<number>(21).fill(5))).to.equal(undefined);
    // A piece that occurs once is not repeated.
    expect(repeatedPiece(varied.slice(0, 30))).to.equal(undefined);
    expect(repeatedPiece([])).to.equal(undefined);
  });

  it('takes a piece of 16 tokens, and none of 17', () => {
    const many = (size: number) => Array.from({ length: 120 }, (_, i) => i % size);
    expect(repeatedPiece(many(16))).to.equal(16);
    expect(repeatedPiece(many(17))).to.equal(undefined);
  });
});

describe('generationFaults', () => {
  it('blames a build for a loop only when float32 has none', () => {
    expect(generationFaults({ base: varied, build: loop([1, 2]) })).to.deep.equal([
      'repetition: the last third is a piece of 2 tokens over and over',
    ]);
    expect(generationFaults({ base: loop([9]), build: loop([1, 2]) })).to.deep.equal([]);
  });

  it('calls a text incoherent that float32 finds e times less probable a token than its own sample', () => {
    const pair = { base: varied, build: varied, sampledNats: 1.5 };
    expect(generationFaults({ ...pair, buildNats: 2.5 })).to.deep.equal([]);
    expect(generationFaults({ ...pair, buildNats: 2.51 })[0]).to.match(/^incoherent: 2\.51 nats .* 1\.50$/);
    expect(generationFaults({ ...pair, buildNats: Number.NaN })[0]).to.match(/^incoherent/);
  });

  it('calls nothing at all a fault where float32 has something', () => {
    expect(generationFaults({ base: varied, build: [] })).to.deep.equal(['empty: the end token at once']);
    expect(generationFaults({ base: [], build: [] })).to.deep.equal([]);
  });
});
