import { expect } from 'chai';
import { refusal, smallModel } from '../model/model-fixtures.js';
import { MATRIX_NAMES } from '../model/packed-model.js';
import { unpackModel } from '../model/unpack-model.js';
import { calibrate } from './calibration/calibrate.js';
import { dequantizeModel, quantizeCheckpoint } from './quantize-checkpoint.js';
import type { Calibration } from './quantized-model.js';
import { relativeError } from './quantizers/tensor-error.js';
import { type RecipeInput, recipeSchema } from './recipe.js';

const SHAPE = { hiddenSize: 64, ffnSize: 96, heads: 4, kvHeads: 2, headSize: 16, vocabSize: 50 };
const documents = [0, 1, 2].map((n) => Array.from({ length: 16 }, (_, i) => (i * 7 + n * 11) % 50));

describe('quantizeCheckpoint', () => {
  const model = smallModel(SHAPE);
  let calibration: Calibration;
  before(async () => {
    calibration = await calibrate(model, documents, { threads: 1 });
  });
  const make = (input: RecipeInput, checkpoint = model) =>
    quantizeCheckpoint(checkpoint, recipeSchema.parse(input), { calibration });

  it('packs exactly the values of its codes, in every format that a card has', () => {
    const kinds: RecipeInput[] = [
      { method: 'naive', bits: 8 },
      { method: 'clip', bits: 8 },
      { method: 'nearest', bits: 6, group: 'row' },
      { method: 'gptq', bits: 4 },
      { method: 'awq', bits: 3, group: 64 },
      { method: 'gptq', bits: 2, act_order: true },
      { method: 'clip', bits: 1.58 },
      { method: 'clip', bits: 1 },
      { method: 'clip', bits: 4, exceptions: { lm_head: 'float16', 'k*': { bits: 8 } } },
    ];
    for (const kind of kinds) {
      const build = make(kind);
      expect(build.unsupported, build.name).to.equal(undefined);
      const [values, onCard] = [dequantizeModel(build), unpackModel(build.packed!)];
      for (const name of MATRIX_NAMES)
        expect(onCard.tensors[name], `${build.name} ${name}`).to.deep.equal(values.tensors[name]);
      expect(onCard.tensors.norm1).to.deep.equal(build.norms.norm1);
    }
  });

  it('says why no card holds a build, and has its values all the same', () => {
    const { packed, unsupported, ...build } = make({ method: 'clip', bits: 4, zero_point: true });
    expect([packed, unsupported]).to.deep.equal([undefined, 'embed_tokens: no card format has a zero point']);
    const { tensors } = dequantizeModel(build);
    expect(relativeError(model.tensors.q_proj, tensors.q_proj)).to.be.within(0.01, 0.15);
    expect(make({ method: 'clip', bits: 4, group: 48 }).unsupported).to.match(/groups of 32, of which 48/);
  });

  it('comes closer with every bit', () => {
    const errors = ([8, 6, 4, 3, 2] as const).map((bits) => {
      const { tensors } = dequantizeModel(make({ method: 'clip', bits }));
      return relativeError(model.tensors.down_proj, tensors.down_proj)!;
    });
    expect(errors).to.deep.equal(errors.toSorted((a, b) => a - b));
  });

  it('shares a tied head with the embedding', () => {
    const build = make({ method: 'gptq', bits: 4 }, smallModel({ ...SHAPE, tiedHead: true }));
    expect(build.tensors.lm_head).to.equal(build.tensors.embed_tokens);
    expect(build.packed!.tensors.lm_head).to.equal(build.packed!.tensors.embed_tokens);
    const { tensors } = dequantizeModel(build);
    expect(tensors.lm_head).to.equal(tensors.embed_tokens);
  });

  it('does not change the model that it is given', () => {
    const before = structuredClone(model.tensors);
    make({ method: 'awq', bits: 2 });
    make({ method: 'gptq', bits: 2 });
    expect(model.tensors).to.deep.equal(before);
  });

  it('refuses to calibrate on nothing, and weights that are no numbers', async () => {
    const recipe = recipeSchema.parse({ method: 'gptq', bits: 4 });
    expect((await refusal(() => quantizeCheckpoint(model, recipe))).code).to.equal('recipe-calibration');
    const damaged = smallModel(SHAPE);
    damaged.tensors.up_proj[5] = Number.NaN;
    for (const method of ['clip', 'gptq', 'awq'] as const) {
      const { code, message } = await refusal(() => make({ method, bits: 4 }, damaged));
      expect([method, code]).to.deep.equal([method, 'weight-not-finite']);
      expect(message).to.contain('up_proj');
    }
  });
});
