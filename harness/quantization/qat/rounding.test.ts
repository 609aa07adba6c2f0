import { expect } from 'chai';
import { smallModel } from '../../model/model-fixtures.js';
import { MATRIX_NAMES } from '../../model/packed-model.js';
import { dequantizeModel, quantizeCheckpoint } from '../quantize-checkpoint.js';
import { type RecipeInput, recipeSchema } from '../recipe.js';
import { recipeRounding } from './rounding.js';

const model = smallModel();
const { config, tensors } = model;

function rounded(input: RecipeInput, name: (typeof MATRIX_NAMES)[number]): Float32Array {
  const out = new Float32Array(tensors[name].length);
  recipeRounding(config, recipeSchema.parse(input)).round(name, tensors[name], out);
  return out;
}

describe('rounding in training', () => {
  const recipes: RecipeInput[] = [
    { method: 'qat', bits: 1.58 },
    { method: 'qat', bits: 1.58, threshold: 0.5, group: 'tensor' },
    { method: 'qat', bits: 1 },
    { method: 'qat', bits: 2 },
    { method: 'qat', bits: 4, group: 8, zero_point: true },
    { method: 'qat', bits: 1, exceptions: { '*_proj': { bits: 3 }, lm_head: 'float16' } },
  ];
  for (const input of recipes) {
    it(`gives the values that ${JSON.stringify(input)} packs`, () => {
      const build = dequantizeModel(quantizeCheckpoint(model, recipeSchema.parse(input)));
      for (const name of MATRIX_NAMES) expect(rounded(input, name), name).to.deep.equal(build.tensors[name]);
    });
  }

  it('rounds what is left out of the grid to its float format', () => {
    const values = rounded(
      { method: 'qat', bits: 1, exceptions: { lm_head: 'bfloat16', q_proj: 'float32' } },
      'lm_head',
    );
    const bits = new Uint32Array(values.buffer);
    expect([...bits].every((word) => (word & 0xffff) === 0)).to.equal(true);
    expect(rounded({ method: 'qat', bits: 1, exceptions: { q_proj: 'float32' } }, 'q_proj')).to.deep.equal(
      tensors.q_proj,
    );
  });

  it('gives the values of 1 and 1.58 bits back when it rounds them again', () => {
    for (const bits of [1, 1.58] as const) {
      const { round } = recipeRounding(config, recipeSchema.parse({ method: 'qat', bits }));
      const once = rounded({ method: 'qat', bits }, 'gate_proj');
      const twice = new Float32Array(once.length);
      round('gate_proj', once, twice);
      expect(twice).to.deep.equal(once);
    }
  });
});
