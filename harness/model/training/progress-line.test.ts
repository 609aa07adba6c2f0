import { expect } from 'chai';
import { progressLine } from './progress-line.js';

describe('progressLine', () => {
  it('says how fast it goes and how long it will take', () => {
    const progress = { step: 250, lossNats: 1.23456, gradientNorm: 0.5, tokens: 60_000 };
    expect(progressLine(progress, 1000, 25_000)).to.equal(
      'step 250/1000  loss 1.2346  gradient 0.50  2400 tokens/s  1:15 left',
    );
  });
});
