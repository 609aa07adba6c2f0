import { expect } from 'chai';
import { ConfigError } from '../../errors.js';
import { smallModel } from '../../model/model-fixtures.js';
import { packModel } from '../../model/pack-model.js';
import { createOracle } from '../oracle.js';
import { comparePosition, logSumExp } from '../quality.js';
import { ScorePool } from './score-pool.js';

describe('ScorePool', () => {
  const base = smallModel();
  const build = packModel(base, 'int4');
  const { vocabSize } = base.config;
  const documents = [0, 1, 2, 3, 4].map((n) =>
    Array.from({ length: 9 + 4 * n }, (_, i) => (i * 5 + n) % vocabSize),
  );
  const contextLength = 25;

  it('gives the oracle’s comparison of every position, in order, with any number of threads', async () => {
    const oracles = [createOracle(base, { contextLength }), createOracle(build, { contextLength })] as const;
    const expected = documents.flatMap((ids) =>
      ids.slice(0, -1).map((id, at) => {
        const [reference, test] = oracles.map((oracle) => Float32Array.from(oracle.forward(id, at)));
        return comparePosition(reference!, test!, ids[at + 1]!)!;
      }),
    );
    for (const threads of [1, 3]) {
      await using pool = ScorePool.open({ base, build, contextLength }, threads);
      const told: number[] = [];
      const found = await pool.compare(documents, { onProgress: (done) => told.push(done) });
      expect(found).to.deep.equal(expected);
      expect(told).to.deep.equal([1, 2, 3, 4, 5]);
    }
  });

  it('gives a model’s own log-probabilities', async () => {
    const oracle = createOracle(base, { contextLength });
    const [ids] = documents;
    const expected = ids!.slice(0, -1).map((id, at) => {
      const logits = oracle.forward(id, at);
      return logits[ids![at + 1]!]! - logSumExp(logits);
    });
    await using pool = ScorePool.open({ base, contextLength }, 1);
    expect(await pool.logProbabilities([ids!])).to.deep.equal(expected);
  });

  it('names the model whose logits are not finite', async () => {
    const tensors = { ...base.tensors, final_norm: base.tensors.final_norm.map(() => Number.NaN) };
    await using pool = ScorePool.open(
      { base, build: { ...base, name: 'broken', tensors }, contextLength },
      1,
    );
    const error = await pool.compare(documents.slice(0, 1)).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ConfigError);
    expect((error as Error).message).to.match(/^broken .*not finite at position 0/);
  });

  it('ends when it is told to', async () => {
    await using pool = ScorePool.open({ base, build, contextLength }, 1);
    const controller = new AbortController();
    const scoring = pool.compare(documents, { signal: controller.signal });
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await scoring.catch((caught: unknown) => caught)).to.equal(reason);
  });
});
