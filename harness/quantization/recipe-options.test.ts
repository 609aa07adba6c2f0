import { expect } from 'chai';
import { type RecipeInput, recipeSchema } from './recipe.js';
import { readersOf, SPECIAL_OPTIONS, TEXT_OPTIONS, usesOption, usesText } from './recipe-options.js';

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

describe('usesText', () => {
  it('knows which methods look at which text', () => {
    const used = (method: RecipeInput['method']) => TEXT_OPTIONS.filter((one) => usesText(one, { method }));
    expect(['naive', 'nearest', 'clip'].flatMap((one) => used(one as 'clip'))).to.deep.equal([]);
    expect(used('awq')).to.deep.equal(['samples', 'length', 'calibration']);
    expect(used('qat')).to.deep.equal(['calibration', 'training']);
    expect(TEXT_OPTIONS.map(readersOf)).to.deep.equal([
      'gptq and awq',
      'gptq and awq',
      'gptq, awq and qat',
      'qat',
    ]);
  });
});
