import { expect } from 'chai';
import { type RecipeInput, recipeSchema } from '../recipe.js';
import { treatmentOf } from './treatment.js';

const treated = (input: Partial<RecipeInput>, name: Parameters<typeof treatmentOf>[1]) =>
  treatmentOf(recipeSchema.parse({ method: 'qat', bits: 1.58, ...input }), name);

describe("a recipe's treatment of a matrix", () => {
  it('is its grid, with the group that it means when it names none', () => {
    expect(treated({}, 'q_proj')).to.deep.equal({ bits: 1.58, group: 'row', zeroPoint: false });
    expect(treated({ bits: 4 }, 'q_proj')).to.deep.equal({ bits: 4, group: 32, zeroPoint: false });
  });

  it('is that of the first exception that fits the whole name', () => {
    const exceptions = { o_: 'float32', '*_proj': { bits: 8 }, q_proj: 'float16' } as const;
    expect(treated({ exceptions }, 'q_proj')).to.deep.equal({ bits: 8, group: 'row', zeroPoint: false });
    expect(treated({ exceptions }, 'lm_head')).to.deep.equal({ bits: 1.58, group: 'row', zeroPoint: false });
    expect(treated({ exceptions: { 'lm_*': 'bfloat16' } }, 'lm_head')).to.equal('bfloat16');
  });

  it('takes everything but the asterisk literally', () => {
    expect(treated({ exceptions: { '.*_proj': 'float32' } }, 'q_proj')).to.be.an('object');
  });
});
