import { expect } from 'chai';
import { type RecipeInput, recipeSchema } from './recipe.js';
import { SPECIAL_OPTIONS, usesOption } from './recipe-options.js';

describe('usesOption', () => {
  const used = (input: RecipeInput) =>
    SPECIAL_OPTIONS.filter((option) => usesOption(option, recipeSchema.parse(input)));

  it('knows the method or the bits that each option is for', () => {
    expect(used({ method: 'gptq', bits: 4 })).to.deep.equal(['act_order', 'damping']);
    expect(used({ method: 'qat', bits: 1.58 })).to.deep.equal(['threshold', 'steps']);
    expect(used({ method: 'clip', bits: 8 })).to.deep.equal([]);
  });

  it('finds a ternary matrix among the exceptions', () => {
    expect(used({ method: 'clip', bits: 8, exceptions: { lm_head: 'float16' } })).to.deep.equal([]);
    expect(used({ method: 'clip', bits: 8, exceptions: { lm_head: { bits: 1.58 } } })).to.deep.equal([
      'threshold',
    ]);
  });
});
