import { expect } from 'chai';
import { TENSOR_NAMES } from './checkpoint.js';
import { smallModel } from './model-fixtures.js';
import { modelHash, shortHash } from './model-hash.js';

describe('modelHash', () => {
  it('changes with any bit of any tensor, and with any part of the config', () => {
    const seen = new Set([modelHash(smallModel())]);
    for (const name of TENSOR_NAMES) {
      const model = smallModel();
      new Uint8Array(model.tensors[name].buffer)[5]! ^= 0x10;
      seen.add(modelHash(model));
    }
    const { config, ...rest } = smallModel();
    const configs = [
      { contextLength: 17 },
      { rmsNormEps: 1e-6 },
      { ropeTheta: 5e5 },
      { bosId: 0 },
      { eosIds: [2, 3] },
    ];
    for (const change of configs) seen.add(modelHash({ ...rest, config: { ...config, ...change } }));
    expect(seen.size).to.equal(1 + TENSOR_NAMES.length + configs.length);
  });

  it('does not ask where a model came from', () => {
    const model = smallModel();
    const elsewhere = {
      ...model,
      name: 'x',
      source: { path: '/y', format: 'card', dtype: 'float32' } as const,
    };
    expect(modelHash(elsewhere)).to.equal(modelHash(model));
    expect(shortHash(modelHash(model))).to.match(/^[0-9a-f]{12}$/);
  });
});
