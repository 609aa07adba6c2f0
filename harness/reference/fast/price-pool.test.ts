import { expect } from 'chai';
import { ConfigError } from '../../errors.js';
import { makeModel } from '../../model/make-model.js';
import { smallModel } from '../../model/model-fixtures.js';
import { packModel } from '../../model/pack-model.js';
import { MATRIX_NAMES, type MatrixName } from '../../model/packed-model.js';
import type { WeightFormat } from '../../model/weight-format.js';
import { PricePool } from './price-pool.js';
import { ScorePool } from './score-pool.js';

describe('PricePool', () => {
  const base = smallModel();
  const { vocabSize } = base.config;
  const documents = [20, 1, 9].map((length, n) => Array.from({ length }, (_, i) => (i * 5 + n) % vocabSize));
  const tensorOf = (model: typeof base, format: WeightFormat, matrix: MatrixName) =>
    packModel(model, format).tensors[matrix];

  /** From a pool of its own, whose threads hold the whole of both models. */
  async function scoredAlone(
    model: typeof base,
    format: WeightFormat,
    matrix: MatrixName,
  ): Promise<number[]> {
    const float32 = packModel(model, 'float32');
    const tensor = tensorOf(model, format, matrix);
    const others = model.config.tiedHead ? { lm_head: tensor } : {};
    const build = { ...float32, tensors: { ...float32.tensors, [matrix]: tensor, ...others } };
    await using pool = ScorePool.open({ base: model, build, contextLength: 20 }, 1);
    return (await pool.compare(documents)).map(({ klDivergence }) => klDivergence);
  }

  it('prices every matrix as a pool of its own scores it, to the bit, whatever stood in the model before', async () => {
    const formats = ['int8_row', 'int4', 'ternary'] as const;
    const wanted = formats.flatMap((format) => MATRIX_NAMES.map((matrix) => ({ format, matrix })));
    await using pool = await PricePool.open(base, documents, { threads: 2 });
    const prices = await Promise.all(
      wanted.map(({ format, matrix }) =>
        pool.divergences({ matrix, tensor: tensorOf(base, format, matrix) }),
      ),
    );
    for (const { format, matrix } of wanted.filter((_, index) => index % 5 === 0)) {
      const price = prices[wanted.findIndex((one) => one.format === format && one.matrix === matrix)];
      expect(price, `${matrix} in ${format}`).to.deep.equal(await scoredAlone(base, format, matrix));
    }
    expect(new Set(prices.map(String)).size).to.equal(prices.length);
  });

  it('exchanges a tied head with its embedding', async () => {
    const tied = makeModel({ ...base.config, tiedHead: true }, { seed: 8 });
    await using pool = await PricePool.open(tied, documents, { threads: 1 });
    const price = await pool.divergences({
      matrix: 'embed_tokens',
      tensor: tensorOf(tied, 'int2', 'embed_tokens'),
    });
    expect(price).to.deep.equal(await scoredAlone(tied, 'int2', 'embed_tokens'));
    expect(price.every((one) => one > 1e-6)).to.equal(true);
    const own = await pool.divergences({ matrix: 'q_proj', tensor: tensorOf(tied, 'float32', 'q_proj') });
    expect(own.every((one) => Math.abs(one) < 1e-15)).to.equal(true);
  });

  it('names the model whose logits are not finite', async () => {
    const tensors = { ...base.tensors, final_norm: base.tensors.final_norm.map(() => Number.NaN) };
    const error = await PricePool.open({ ...base, name: 'broken', tensors }, documents, { threads: 1 }).catch(
      (caught: unknown) => caught,
    );
    expect(error).to.be.instanceOf(ConfigError);
    expect((error as Error).message).to.match(/^broken gives .*not finite at position 0/);
  });

  it('refuses a tensor of another shape, and logits that one makes infinite', async () => {
    await using pool = await PricePool.open(base, documents, { threads: 1 });
    const strange = { matrix: 'q_proj', tensor: tensorOf(base, 'int4', 'down_proj') } as const;
    expect(await pool.divergences(strange).catch(String)).to.match(/no q_proj of this shape/);
    const floats = tensorOf(base, 'float32', 'lm_head');
    const bytes = new Uint8Array(new Float32Array(floats.bytes.length / 4).fill(3e38).buffer);
    const infinite = { matrix: 'lm_head', tensor: { ...floats, bytes } } as const;
    expect(await pool.divergences(infinite).catch(String)).to.match(/not finite at position 0/);
  });

  it('ends when it is told to', async () => {
    await using pool = await PricePool.open(base, documents, { threads: 1 });
    const controller = new AbortController();
    const other = { matrix: 'v_proj', tensor: tensorOf(base, 'int4', 'v_proj') } as const;
    const pricing = pool.divergences(other, controller.signal);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await pricing.catch((caught: unknown) => caught)).to.equal(reason);
  });
});
