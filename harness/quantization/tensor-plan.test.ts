import { expect } from 'chai';
import { refusal, SMALL } from '../model/model-fixtures.js';
import { type RecipeInput, recipeSchema } from './recipe.js';
import { planTensors } from './tensor-plan.js';

const plans = (input: RecipeInput, tiedHead = false) =>
  planTensors(recipeSchema.parse(input), { ...SMALL, tiedHead });

describe('planTensors', () => {
  it("gives every matrix the recipe's grid, with the method's own group where none is named", () => {
    const { q_proj, lm_head } = plans({ method: 'gptq', bits: 4 });
    expect(q_proj).to.deep.equal({ grid: { bits: 4, group: 32, zeroPoint: false } });
    expect(lm_head).to.deep.equal(q_proj);
    expect(plans({ method: 'clip', bits: 8 }).q_proj).to.deep.equal({
      grid: { bits: 8, group: 'row', zeroPoint: false },
    });
    expect(plans({ method: 'naive', bits: 4 }).q_proj).to.deep.equal({
      grid: { bits: 4, group: 'tensor', zeroPoint: false },
    });
  });

  it('treats exceptions by the first pattern that fits the whole name', () => {
    const exceptions = { 'q_*': 'float16', '*_proj': { bits: 8 }, o_proj: { bits: 2 } } as const;
    const { q_proj, o_proj, embed_tokens } = plans({ method: 'clip', bits: 4, group: 64, exceptions });
    expect(q_proj).to.deep.equal({ format: 'float16' });
    expect(o_proj).to.deep.equal({ grid: { bits: 8, group: 'row', zeroPoint: false } });
    expect(embed_tokens).to.deep.equal({ grid: { bits: 4, group: 64, zeroPoint: false } });
  });

  it('treats a tied head as the embedding that it is', () => {
    const exceptions = { embed_tokens: { bits: 8 }, lm_head: 'float16' } as const;
    const tied = plans({ method: 'clip', bits: 4, exceptions }, true);
    expect(tied.lm_head).to.deep.equal(tied.embed_tokens);
    expect(plans({ method: 'clip', bits: 4, exceptions }).lm_head).to.deep.equal({ format: 'float16' });
  });

  it('refuses patterns that fit nothing, and zero points where codes are fixed', async () => {
    const useless = await refusal(() =>
      plans({ method: 'clip', bits: 4, exceptions: { 'x.proj': { bits: 8 } } }),
    );
    expect([useless.code, useless.message]).to.deep.equal([
      'recipe-pattern',
      'no matrix is called x.proj; there are embed_tokens, q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj, lm_head',
    ]);
    // The dot of a pattern is a dot.
    expect(
      (await refusal(() => plans({ method: 'clip', bits: 4, exceptions: { 'q.proj': 'float16' } }))).code,
    ).to.equal('recipe-pattern');
    expect((await refusal(() => plans({ method: 'clip', bits: 1.58, zero_point: true }))).code).to.equal(
      'recipe-zero-point',
    );
  });
});
