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

      it('stay where they are fixed through many steps, while their scales go on', () => {
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
        for (let i = 0; i < 20; i++) step();
        const after = weights.tensor();
        expect(after.codes).to.deep.equal(before.codes);
        expect(after.scales).not.to.deep.equal(before.scales);
        // What runs are the very values of the codes: nothing has moved a little.
        expect(written(weights).map((value) => value + 0)).to.deep.equal(
          dequantizeTensor(after).map((value) => value + 0),
        );
      });

      it('leave what is free where it is, and go on moving it', () => {
        const weights = make();
        const begun = written(weights);
        fixNearest([weights], 0.5);
        const moved = written(weights);
        for (let i = 0; i < count; i++) if (weights.fixed[i] === 0) expect(moved[i]).to.equal(begun[i]);
        expect(weights.fixed.reduce((sum, fixed) => sum + fixed, 0)).to.equal(count / 2);
      });
    });
  }

  describe('take the gradients', () => {
    const grid: Grid = { bits: 4, group: 'row', zeroPoint: false };
    // Bent down, so that some weights begin beyond the outermost codes.
    const values = randomValues().map((value, i) => (i % 40 === 3 ? 4 : i % 40 === 7 ? -4 : value));
    const slope = (i: number): number => Math.sin(3 * i) + 0.2;
    const loss = (weights: CodedWeights): number =>
      written(weights).reduce((sum, value, i) => sum + slope(i) * value, 0);
    const make = () => new CodedWeights(values, shape, grid, clip, rates);
    const floatsOf = ({ arrays }: CodedWeights) => arrays as readonly Float32Array[];

    /** What Adam's first moments show after one update: a tenth of the gradient. */
    function gradients(): { readonly units: Float32Array; readonly growths: Float32Array } {
      const weights = make();
      fixNearest([weights], 0.1);
      const clock = startAdamClock(settings);
      tickAdam(clock);
      weights.pull(Float32Array.from({ length: count }, (_, i) => slope(i)));
      weights.update(clock, 1, 1);
      const [, units, , , growths] = floatsOf(weights);
      return { units: units!.map((mean) => mean * 10), growths: growths!.map((mean) => mean * 10) };
    }

    function byDifference(array: number, index: number, change: number): number {
      const at = (offset: number): number => {
        const weights = make();
        fixNearest([weights], 0.1);
        floatsOf(weights)[array]![index]! += offset;
        return loss(weights);
      };
      return (at(change) - at(-change)) / (2 * change);
    }

    it('of the scales, that a small change of them shows', () => {
      const { growths } = gradients();
      // Stored scales are rounded to 8 bits of a bfloat16: the change is many of their steps.
      for (let index = 0; index < growths.length; index++) {
        const found = byDifference(3, index, 0.3);
        expect(growths[index]!, `${index}`).to.be.closeTo(found, 0.03 * Math.abs(found) + 0.02);
      }
    });

    it('of free weights, that a small change of them shows, and none of fixed ones', () => {
      const { units } = gradients();
      const weights = make();
      fixNearest([weights], 0.1);
      const [all] = floatsOf(weights);
      let checked = 0;
      for (let i = 0; i < count; i++) {
        if (weights.fixed[i] === 1) expect(units[i], `${i} is fixed`).to.equal(0);
        else if (all![i]! > -7.9 && all![i]! < 6.9) {
          const found = byDifference(0, i, 0.01);
          expect(units[i]!, `${i}`).to.be.closeTo(found, 1e-3 * Math.abs(found) + 1e-5);
          checked++;
        }
      }
      expect(checked).to.be.above(150);
    });

    it('of weights beyond the outermost codes only back towards them', () => {
      const { units } = gradients();
      const [all] = floatsOf(make());
      const beyond = [...units.keys()].filter((i) => all![i]! < -8 || all![i]! > 7);
      expect(beyond.length).to.be.above(4);
      let back = 0;
      for (const i of beyond) {
        // A step goes against the gradient.
        if (units[i] !== 0) expect(Math.sign(units[i]!), `${i}`).to.equal(Math.sign(all![i]!));
        if (units[i] !== 0) back++;
      }
      expect(back).to.be.within(1, beyond.length - 1);
    });
  });
});
