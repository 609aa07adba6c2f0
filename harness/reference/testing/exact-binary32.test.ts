import { expect } from 'chai';
import { randomBits } from '../../model/random-bits.js';
import { addExactly, divideExactly, multiplyExactly } from './exact-binary32.js';

const EDGES = [
  0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0xff7fffff, 0x3f800001,
];

function floatOf(pattern: number): number {
  return new Float32Array(Uint32Array.of(pattern).buffer)[0]!;
}

/** Finite values of every magnitude, and many of similar ones. */
function samples(): number[] {
  const next = randomBits(5, 0);
  const any = Array.from({ length: 60 }, () => floatOf(next())).filter(Number.isFinite);
  const near = Array.from({ length: 60 }, () => floatOf(0x3f000000 + (next() & 0x81ffffff)));
  return [...EDGES.map(floatOf), ...any, ...near];
}

describe('exact binary32 arithmetic', () => {
  it('rounds as the host does, subnormals, overflow and signed zeros included', () => {
    const values = samples();
    const wrong = values.flatMap((a) =>
      values.flatMap((b) => [
        ...(Object.is(addExactly(a, b), Math.fround(a + b)) ? [] : [`${a} + ${b}`]),
        ...(Object.is(multiplyExactly(a, b), Math.fround(a * b)) ? [] : [`${a} * ${b}`]),
        ...(b === 0 || Object.is(divideExactly(a, b), Math.fround(a / b)) ? [] : [`${a} / ${b}`]),
      ]),
    );
    expect(wrong).to.deep.equal([]);
  });
});
