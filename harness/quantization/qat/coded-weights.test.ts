import { expect } from 'chai';
import { startAdamClock, tickAdam } from '../../model/training/adamw.js';
import { Choices } from '../../model/training/choices.js';
import { BITS, type Grid } from '../quantized-tensor.js';
import { defaultGroup } from '../quantizers/grid.js';
import { dequantizeTensor, quantizeTensor } from '../quantizers/quantize-tensor.js';
import { CodedWeights } from './coded-weights.js';
import { fixNearest } from './freezing.js';

const shape = { layers: 2, rows: 3, cols: 40 };
const count = 240;
const rates = { units: 0.1, scales: 0.01, floats: 0 };
const clip = { search: 'clip', threshold: undefined } as const;
const settings = { beta1: 0.9, beta2: 0.99, eps: 1e-10, weightDecay: 0, maxGradientNorm: 1 };

function randomValues(): Float32Array {
  const choices = new Choices(5);
  return Float32Array.from({ length: count }, () => choices.uniform() - 0.4);
}

function written(weights: CodedWeights): Float32Array {
  const out = new Float32Array(count);
  weights.write(out);
  return out;
}

describe('weights in training', () => {
  const grids: Grid[] = [
    ...BITS.map((bits) => ({ bits, group: defaultGroup(bits, 'qat'), zeroPoint: false })),
    { bits: 4, group: 32, zeroPoint: true },
    { bits: 2, group: 'row', zeroPoint: true },
    { bits: 3, group: 'tensor', zeroPoint: false },
  ];
  for (const grid of grids) {
    const { bits, group, zeroPoint } = grid;
    describe(`of ${bits} bits, ${group}${zeroPoint ? ', with a zero point' : ''}`, () => {
      const values = randomValues();
      values.fill(0, 0, 40);
      const make = () => new CodedWeights(values, shape, grid, clip, rates);

      it('begin as themselves, but for what is beyond the outermost codes', () => {
        const begun = written(make());
        const codes = dequantizeTensor(quantizeTensor(values, shape, grid, clip, 'w'));
        const largest = Math.max(...codes.map(Math.abs));
        for (let i = 0; i < count; i++) {
          if (Math.abs(values[i]!) < Math.abs(codes[i]!)) expect(begun[i]).to.be.closeTo(values[i]!, 1e-6);
          expect(Math.abs(begun[i]!)).to.be.at.most(largest * 1.0001);
        }
      });

      it('are the codes of the lab once they are fixed where they began, and run on those', () => {
        const weights = make();
        fixNearest([weights], 1);
        const expected = quantizeTensor(values, shape, grid, clip, 'w');
        const tensor = weights.tensor();
        expect(tensor.scales).to.deep.equal(expected.scales);
        expect(dequantizeTensor(tensor)).to.deep.equal(dequantizeTensor(expected));
        expect(written(weights).map((value) => value + 0)).to.deep.equal(
          dequantizeTensor(tensor).map((value) => value + 0),
        );
      });

      it('stay where they are fixed, while their scales go on', () => {
        const weights = make();
        const clock = startAdamClock(settings);
        const step = (): void => {
          tickAdam(clock);
          weights.pull(new Float32Array(count).fill(0.3));
          weights.update(clock, 1, 1);
        };
        for (let i = 0; i < 3; i++) step();
        fixNearest([weights], 1);
        const before = weights.tensor();
        for (let i = 0; i < 5; i++) step();
        const after = weights.tensor();
        expect(after.codes).to.deep.equal(before.codes);
        expect(after.scales).not.to.deep.equal(before.scales);
      });
    });
  }

  it('take the gradients that a small change of weight and scale shows', () => {
    const grid: Grid = { bits: 8, group: 'row', zeroPoint: false };
    const values = randomValues();
    const slope = (i: number): number => Math.sin(i);
    const loss = (out: Float32Array): number => out.reduce((sum, value, i) => sum + slope(i) * value, 0);
    const moved = (change: (arrays: readonly Float32Array[]) => void): number => {
      const weights = new CodedWeights(values, shape, grid, clip, rates);
      change(weights.arrays as readonly Float32Array[]);
      return loss(written(weights));
    };
    const weights = new CodedWeights(values, shape, grid, clip, { units: 1, scales: 1, floats: 0 });
    weights.pull(Float32Array.from({ length: count }, (_, i) => slope(i)));
    // Adam's first step goes against the gradient's sign, whatever its length.
    const clock = startAdamClock(settings);
    tickAdam(clock);
    const [units, , , growths] = weights.arrays as readonly Float32Array[];
    const [unit, growth] = [units![77]!, growths![4]!];
    weights.update(clock, 1, 1e-3);
    const base = moved(() => {});
    const byUnit = moved(([all]) => (all![77]! += 0.5)) - base;
    const byGrowth = moved(([, , , all]) => (all![4]! += 0.01)) - base;
    expect(Math.sign(units![77]! - unit)).to.equal(-Math.sign(byUnit));
    expect(Math.sign(growths![4]! - growth)).to.equal(-Math.sign(byGrowth));
  });
});
