import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import { loadCostTable } from '../virtual/cost-table.js';
import { predictAll, predictionMarkdown, predictSpeed, readPublishedSpeeds } from './published-speeds.js';

describe('what the cost table predicts for published boards', () => {
  it('is a multiply-accumulate and one passage over the bus for every parameter', () => {
    const table = loadCostTable();
    const [first] = readPublishedSpeeds();
    const { predicted } = predictSpeed(first!, table, 240);
    const us =
      (181_000 * table.kernels.float32Dot.value) / 240 + (181_000 * 4) / table.memory.flashBandwidth.value;
    expect(predicted).to.be.closeTo(1e6 / us, 1e-9);
  });

  it('stands in the docs as it is computed', () => {
    const docs = readFileSync(join(packageRoot, 'firmware', 'SPEED.md'), 'utf8');
    expect(docs).to.contain(predictionMarkdown(predictAll(loadCostTable())));
  });
});
