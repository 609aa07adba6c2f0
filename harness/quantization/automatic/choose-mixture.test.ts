import { expect } from 'chai';
import { smallModel } from '../../model/model-fixtures.js';
import { packModel } from '../../model/pack-model.js';
import { weightBytes } from '../../model/weight-bytes.js';
import { cardBytes } from '../lab/grid-size.js';
import { quantizeCheckpoint } from '../quantize-checkpoint.js';
import { TINY_LLM } from '../tables/testing/example-report.js';
import { cheapestMixture, chooseMixture } from './choose-mixture.js';
import type { Sensitivity } from './sensitivity.js';

describe('the automatic mixture', () => {
  const prices = (matrix: Sensitivity['matrix'], ...kl: number[]): Sensitivity[] =>
    (
      [
        ['int8_row', 8],
        ['int4', 4],
        ['int2', 2],
      ] as const
    ).map(([format, bits], index) => ({
      matrix,
      bits,
      format,
      klDivergence: kl[index]!,
    }));
  const small = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj'] as const;
  const all = [
    ...prices('embed_tokens', 0.001, 0.01, 0.9),
    ...small.flatMap((name) => prices(name, 0.001, 0.02, 0.5)),
    ...prices('lm_head', 0.001, 0.05, 2),
  ];
  const bitsOf = (chosen: readonly Sensitivity[]) =>
    Object.fromEntries(chosen.map(({ matrix, bits }) => [matrix, bits]));

  it('spends a card budget where it buys most: the head keeps 8 bits before the embedding', () => {
    const least = weightBytes(TINY_LLM, 'int8_row');
    const chosen = cheapestMixture(TINY_LLM, all, { kind: 'card', most: least - 2_500_000 });
    expect(bitsOf(chosen)).to.include({ embed_tokens: 4, lm_head: 8, gate_proj: 8, q_proj: 8 });
  });

  it('counts only what a token multiplies against PSRAM: the embedding stays at 8 bits', () => {
    const chosen = cheapestMixture(TINY_LLM, all, { kind: 'psram', most: 4.25e6 });
    expect(bitsOf(chosen)).to.include({ embed_tokens: 8, lm_head: 4 });
    expect(bitsOf(chosen).gate_proj).to.equal(2);
  });

  it('refuses a budget that nothing keeps to, and says what would', () => {
    const most = { kind: 'card', most: 1000 } as const;
    expect(() => cheapestMixture(TINY_LLM, all, most)).to.throw(/smallest mixture takes 4\d{6}/);
  });

  it('makes a recipe whose build keeps to the budget, from what a model loses', async function () {
    this.timeout(120_000);
    const checkpoint = smallModel();
    const documents = [[1, 5, 9, 3, 7, 2, 8, 13]];
    const packed = packModel(checkpoint, { default: 'int8_row' });
    const bytes = Math.round(0.8 * cardBytes(packed));
    const mixture = await chooseMixture(checkpoint, documents, { bytes, bitsChoices: [8, 4], threads: 1 });
    const build = quantizeCheckpoint(checkpoint, mixture.recipe);
    expect(cardBytes(build.packed!)).to.equal(mixture.cardBytes).and.be.at.most(bytes);
    expect(new Set(Object.values(mixture.bits))).to.deep.equal(new Set([8, 4]));
    const kl = (bits: number) =>
      mixture.sensitivities
        .filter((one) => one.bits === bits)
        .reduce((sum, one) => sum + one.klDivergence, 0);
    expect(kl(4)).to.be.above(5 * kl(8));
  });

  it('asks for one budget', async () => {
    const refused = await chooseMixture(smallModel(), [], {}).catch((error: Error) => error.message);
    expect(refused).to.match(/one budget/);
  });
});
