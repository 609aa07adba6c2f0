import { expect } from 'chai';
import { type RecipeInput, recipeName, recipeSchema } from './recipe.js';

const name = (input: RecipeInput) => recipeName(recipeSchema.parse(input));

describe('recipeName', () => {
  it('is short where everything is the default, written out or not', () => {
    expect(name({ method: 'gptq', bits: 4 })).to.equal('int4-gptq');
    expect(name({ method: 'gptq', bits: 4, group: 32, damping: 0.01, calibration: {} })).to.equal(
      'int4-gptq',
    );
    expect(name({ method: 'nearest', bits: 8, group: 'row' })).to.equal('int8-nearest');
    expect(name({ method: 'clip', bits: 8, calibration: { samples: 7 } })).to.equal('int8-clip');
    expect(name({ method: 'awq', bits: 4, group: 64, zero_point: true })).to.equal('int4-g64-awq-zp');
  });

  it('tells apart what makes different builds', () => {
    const gptq = { method: 'gptq', bits: 4 } as const;
    const names = [
      name({ method: 'nearest', bits: 1.58 }),
      name({ method: 'nearest', bits: 1.58, threshold: 0.5 }),
      name({ method: 'nearest', bits: 8 }),
      name({ method: 'nearest', bits: 8, group: 32 }),
      name(gptq),
      name({ ...gptq, damping: 0.1 }),
      name({ ...gptq, calibration: { samples: 2048 } }),
      name({ ...gptq, calibration: { length: 64 } }),
      name({ ...gptq, calibration: { seed: 2 } }),
      name({ ...gptq, exceptions: { lm_head: { bits: 8 } } }),
      name({ ...gptq, exceptions: { lm_head: 'float16' } }),
      name({ ...gptq, exceptions: { lm_head: { bits: 8, group: 32 } } }),
      name({ ...gptq, exceptions: { '*_proj': 'float16', q_proj: { bits: 8 } } }),
      name({ ...gptq, exceptions: { q_proj: { bits: 8 }, '*_proj': 'float16' } }),
    ];
    expect(new Set(names).size, names.join()).to.equal(names.length);
    expect(names).to.include.members([
      'ternary-nearest-t0.5',
      'int8-g32-nearest',
      'int4-gptq-d0.1',
      'int4-gptq-c2048',
      'int4-gptq-l64',
    ]);
  });

  it('is the same for the same exceptions, by whatever method', () => {
    const exceptions = { embed_tokens: { bits: 8 } } as const;
    const [one, other] = (['awq', 'gptq'] as const).map((method) => name({ method, bits: 4, exceptions }));
    expect(one).to.match(/^int4-awq-mixed-[0-9a-f]{6}$/);
    expect(other!.replace('gptq', 'awq')).to.equal(one);
  });
});
