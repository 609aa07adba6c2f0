import { expect } from 'chai';
import { ConfigError, InfraError } from '../../errors.js';
import { type Recipe, type RecipeInput, recipeName, recipeSchema } from '../recipe.js';
import { exampleReport } from '../tables/testing/example-report.js';
import { climbLadder, type LadderOptions, type Tried } from './climb-ladder.js';
import { describeLadder, type LadderRecord, ladderRecordSchema } from './ladder-record.js';
import type { Rung } from './ladder-step.js';

const recipe = (input: Partial<RecipeInput> = {}): Recipe =>
  recipeSchema.parse({ method: 'gptq', bits: 4, calibration: { samples: 128 }, ...input });

const refused = (rung: Rung): Tried => ({
  report: exampleReport({ recipe: rung.recipe, lnRatio: 0.3, accepted: false }),
});

function climb(options: Partial<LadderOptions> & Pick<LadderOptions, 'attempt'>): Promise<LadderRecord> {
  return climbLadder({ model: 'a', recipe: recipe(), checkpoints: [], ...options });
}

/** What was tried, in order; with the reasons of what was not. */
const told = ({ steps }: LadderRecord) =>
  steps.map(({ step, skipped, model, recipe: tried }) =>
    skipped !== undefined
      ? `${step}: ${skipped}`
      : `${step}: ${model} ${recipeName(tried!)} ${tried!.calibration?.samples ?? ''}`.trim(),
  );

describe('climbLadder', () => {
  it('ends with the first build that is accepted', async () => {
    const record = await climb({
      attempt: async (rung) => ({
        report: exampleReport({ recipe: rung.recipe, accepted: true }),
        folder: 'out/x',
      }),
    });
    expect(told(record)).to.deep.equal(['first: a int4-gptq-c128 128']);
    expect(record.accepted).to.equal('example-int4-gptq-c128');
    expect(record.recommendation).to.equal('take example-int4-gptq-c128: it holds every rule');
    expect(record.steps[0]!.folder).to.equal('out/x');
  });

  it('climbs in the order of the page, each step on its own, and ends with a report for a reviewer', async () => {
    const kept: number[] = [];
    const record = await climb({
      checkpoints: ['b', 'c'],
      attempt: async (rung) => refused(rung),
      onStep: async ({ steps }) => {
        kept.push(steps.length);
      },
    });
    expect(told(record)).to.deep.equal([
      'first: a int4-gptq-c128 128',
      'more-calibration: a int4-gptq 512',
      'more-calibration: a int4-gptq-c2048 2048',
      'eight-bits: a int8-gptq-c128 128',
      'qat: a int4-qat',
      'checkpoint: b int4-gptq-c128 128',
      'checkpoint: c int4-gptq-c128 128',
    ]);
    expect(kept).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    expect(record.accepted).to.equal(undefined);
    expect(record.recommendation).to.match(/^nothing was accepted; the nearest is example-/);
    expect(ladderRecordSchema.parse(JSON.parse(JSON.stringify(record)))).to.deep.equal(record);
  });

  it('records what makes no sense here with its reason', async () => {
    const record = await climb({
      recipe: recipe({ method: 'clip', bits: 8 }),
      untrainable: 'too large',
      attempt: async (rung) => refused(rung),
    });
    expect(told(record)).to.deep.equal([
      'first: a int8-clip 128',
      'more-calibration: clip looks at no calibration text',
      'more-calibration: clip looks at no calibration text',
      'eight-bits: 8 bits were asked for already',
      'qat: too large',
      'checkpoint: no other checkpoint was given',
    ]);
    expect(describeLadder(record)).to.match(/qat +not tried: too large/);
  });

  it('asks for no calibration that was had already', async () => {
    const { calibration: _calibration, ...plain } = recipe();
    const record = await climb({ recipe: plain, attempt: async (rung) => refused(rung) });
    expect(told(record).slice(0, 3)).to.deep.equal([
      'first: a int4-gptq',
      'more-calibration: 512 samples were asked for already',
      'more-calibration: a int4-gptq-c2048 2048',
    ]);
  });

  it('asks for no more calibration than there is', async () => {
    const record = await climb({ attempt: async (rung) => ({ ...refused(rung), calibrationDocuments: 90 }) });
    expect(told(record).slice(1, 3)).to.deep.equal([
      'more-calibration: the calibration text has 90 documents, all of which were used',
      'more-calibration: the calibration text has 90 documents, all of which were used',
    ]);
  });

  it('goes on when a rung cannot be made, and stops when the machine cannot, or for a bug', async () => {
    const record = await climb({
      attempt: async (rung) => {
        if (rung.step === 'first') throw new ConfigError('texts-overlap', 'no text');
        return { report: exampleReport({ accepted: true }) };
      },
    });
    expect(record.steps.map(({ failed }) => failed)).to.deep.equal(['no text', undefined]);
    for (const fault of [new TypeError('bug'), new InfraError('machine-trouble', 'the disk is full')]) {
      const attempt = () => Promise.reject(fault);
      expect(await climb({ attempt }).catch((error: unknown) => error)).to.equal(fault);
    }
  });

  it('takes for the nearest what breaks the fewest rules, then what lost least', async () => {
    const record = await climb({
      attempt: async (rung) => {
        const lnRatio = rung.recipe.bits === 8 ? 0.1 : 0.3;
        return { report: exampleReport({ recipe: rung.recipe, lnRatio, accepted: false }) };
      },
    });
    expect(record.recommendation).to.contain('the nearest is example-int8-gptq');
  });
});
