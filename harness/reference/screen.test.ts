import { expect } from 'chai';
import { randomBits } from '../model/random-bits.js';
import { buildScreen, screenBytes } from '../model/screen.js';
import { Activation } from './activation.js';
import { multiply } from './kernels.js';
import { judgeScreen, readScreen, type Screened, scanScreen } from './screen.js';

function bell(length: number, seed: number): Float32Array {
  const next = randomBits(seed);
  const uniform = () => next() / 2 ** 31 - 1;
  return Float32Array.from({ length }, () => uniform() + uniform() + uniform());
}

/** One row of 33 weights by hand: scale 0.5 and codes 1, -8, 7 in the first group, scale 2 and code -3 in the second. */
function handMade(): Uint8Array {
  const file = new Uint8Array(screenBytes(1, 33));
  file.fill(0x88, 0, 16);
  file.set([0x09, 0x8f], 0);
  file[16] = 5;
  file.set([0x00, 0x3f, 0x00, 0x40], 20);
  file[24] = 0xa3;
  new DataView(file.buffer).setFloat32(25, 8, true);
  return file;
}

describe('screen of the head', () => {
  it('gives the product of its codes and the bound of its ratios, by hand', () => {
    const screen = readScreen(handMade(), 1, 33);
    const h = new Float32Array(33);
    h.set([32767, 100, 10]);
    h[32] = -7;
    const { values, margins } = scanScreen(screen, new Activation(h));
    expect([...values]).to.deep.equal([0.5 * (32767 - 800 + 70) + 2 * -3 * -7]);
    const first = Math.hypot(32767, 100, 10);
    const bound = (first * (8 + 3) * 0.5) / 8 + (7 * (8 + 10) * 2) / 8;
    const lost = 0.51 * Math.sqrt(33);
    const slack = 8 * (lost + 2 ** -24 * (33 / 4 + 4 + 32) * (Math.hypot(first, 7) + lost));
    expect(margins[0]).to.be.closeTo(bound + slack, 1e-9);
  });

  it('keeps every logit within its bounds and few rows, for a head that the writer screened', () => {
    const [rows, cols] = [2000, 100];
    const head = bell(rows * cols, 1);
    const screen = readScreen(buildScreen(head, rows, cols), rows, cols);
    for (let seed = 2; seed < 30; seed++) {
      const h = bell(cols, seed);
      const logits = new Float32Array(rows);
      multiply(logits, head, h);
      const outcome = judgeScreen(scanScreen(screen, new Activation(h)), logits);
      expect(outcome).to.include({ keptWinner: true, boundsHold: true });
      expect(outcome.leftAfterBest).to.be.within(1, outcome.left);
      expect(outcome.left).to.be.below(rows / 2);
      expect(outcome.rank).to.be.at.most(outcome.left);
    }
  });

  it('counts the rows left before and after the best one is known, and ranks the winner', () => {
    const scan: Screened = {
      values: Float32Array.of(10, 9, 9, 4, 1),
      margins: Float64Array.of(4, 2, 2, 2.5, 1),
    };
    const logits = Float32Array.of(8.5, 9, 9.5, 3, 1.5);
    // L = max(6, 7, 7, 1.5, 0) = 7, then 8.5: row 3 reaches 6.5 only.
    expect(judgeScreen(scan, logits)).to.deep.equal({
      left: 3,
      leftAfterBest: 3,
      rank: 3,
      keptWinner: true,
      boundsHold: true,
    });
    const sharper = Float32Array.of(11.5, 9, 9.5, 3, 1.5);
    expect(judgeScreen(scan, sharper)).to.include({ left: 3, leftAfterBest: 1, rank: 1 });
  });

  it('says so when a bound was wrong', () => {
    const scan: Screened = { values: Float32Array.of(5, 1), margins: Float64Array.of(1, 1) };
    const wrong = judgeScreen(scan, Float32Array.of(5, 5.5));
    expect(wrong).to.include({ keptWinner: false, boundsHold: false, rank: 2 });
  });

  it('refuses a file of another size, and scales and norms that cannot be', () => {
    expect(() => readScreen(handMade(), 1, 32)).to.throw(RangeError, 'has 23 bytes, not 29');
    for (const bits of [0xbf, 0x7f, 0xff]) {
      const file = handMade();
      file.set([0x80, bits], 22);
      expect(() => readScreen(file, 1, 33)).to.throw(RangeError, 'scale');
    }
    for (const norm of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const file = handMade();
      new DataView(file.buffer).setFloat32(25, norm, true);
      expect(() => readScreen(file, 1, 33)).to.throw(RangeError, 'largest norm');
    }
  });
});
