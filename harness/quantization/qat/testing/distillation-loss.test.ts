import { expect } from 'chai';
import { Choices } from '../../../model/training/choices.js';
import { crossEntropy } from '../../../model/training/cross-entropy.js';
import type { Distillation } from '../distillation.js';
import { distillationLoss } from './distillation-loss.js';

const ROWS = 3;
const CLASSES = 7;
const targets = [4, 0, 6];

function logits(seed: number): Float64Array {
  const choices = new Choices(seed);
  return Float64Array.from({ length: ROWS * CLASSES }, () => 6 * choices.uniform() - 3);
}

function losses(student: Float64Array, settings: Distillation, scale = 1) {
  return distillationLoss(student, logits(2), targets, ROWS, CLASSES, settings, scale);
}

describe('distillation', () => {
  for (const settings of [
    { share: 0.3, temperature: 2.5 },
    { share: 1, temperature: 0.7 },
    { share: 0, temperature: 1 },
  ]) {
    it(`has the gradient that finite differences give at ${JSON.stringify(settings)}`, () => {
      const gradient = logits(1);
      losses(gradient, settings, 0.25);
      for (let i = 0; i < gradient.length; i++) {
        const at = (change: number) => {
          const student = logits(1);
          student[i]! += change;
          return losses(student, settings).mixed;
        };
        const slope = (at(1e-5) - at(-1e-5)) / 2e-5;
        expect(gradient[i]).to.be.closeTo(0.25 * slope, 1e-9);
      }
    });
  }

  it('is the cross-entropy where the teacher has no share', () => {
    const expected = logits(1);
    const nats = crossEntropy(expected, targets, ROWS, CLASSES, 0.5);
    const gradient = logits(1);
    expect(losses(gradient, { share: 0, temperature: 3 }, 0.5).mixed).to.be.closeTo(nats, 1e-12);
    for (let i = 0; i < gradient.length; i++) expect(gradient[i]).to.be.closeTo(expected[i]!, 1e-12);
  });

  it('costs nothing to agree with the teacher, and pulls nowhere', () => {
    const agreeing = logits(2);
    const { divergence, mixed } = losses(agreeing, { share: 1, temperature: 2 });
    expect(divergence).to.be.closeTo(0, 1e-12);
    expect(mixed).to.be.closeTo(0, 1e-12);
    expect(Math.max(...agreeing.map(Math.abs))).to.be.below(1e-12);
  });
});
