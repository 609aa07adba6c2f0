import { expect } from 'chai';
import { smallModel } from '../../model/model-fixtures.js';
import { MATRIX_NAMES } from '../../model/packed-model.js';
import { BITS } from '../quantized-tensor.js';
import { type RecipeInput, recipeSchema } from '../recipe.js';
import { recipeRounding } from './rounding.js';
import { simdRounding } from './simd-rounding.js';

/** Rows of 40 and 50 weights: groups of 32 leave a rest. Some rows are 0, some tiny, some have one large weight. */
const model = smallModel({ hiddenSize: 40, ffnSize: 50, headSize: 10 });
for (const name of MATRIX_NAMES) {
  const values = model.tensors[name];
  values.fill(0, 0, 40);
  for (let i = 40; i < 80; i++) values[i]! *= 1e-38;
  values[90] = -17;
  values[140] = 17;
}

describe('rounding in WebAssembly', () => {
  const recipes: RecipeInput[] = [
    ...BITS.map((bits) => ({ method: 'qat' as const, bits })),
    ...BITS.map((bits) => ({ method: 'qat' as const, bits, group: 'tensor' as const })),
    { method: 'qat', bits: 4, group: 'row' },
    { method: 'qat', bits: 3, group: 7 },
    { method: 'qat', bits: 4, zero_point: true },
    { method: 'qat', bits: 4, exceptions: { lm_head: 'float16', '*_proj': { bits: 2 } } },
  ];
  for (const input of recipes) {
    it(`gives the bits of the lab's own: ${JSON.stringify(input)}`, async () => {
      const recipe = recipeSchema.parse(input);
      const plain = recipeRounding(model.config, recipe);
      const simd = await simdRounding(model.config, recipe);
      expect(simd.id).to.equal(plain.id);
      for (const name of MATRIX_NAMES) {
        const latent = model.tensors[name];
        const [expected, found] = [plain, simd].map(({ round }) => {
          const out = new Float32Array(latent.length).fill(Number.NaN);
          round(name, latent, out);
          return new Uint32Array(out.buffer);
        });
        expect(found, name).to.deep.equal(expected);
      }
    });
  }
});
