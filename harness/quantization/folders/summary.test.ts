import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { smallModel, temporaryFolder } from '../../model/model-fixtures.js';
import { quantizeCheckpoint } from '../quantize-checkpoint.js';
import { type Recipe, recipeSchema } from '../recipe.js';
import type { ValidationReport } from '../validation-report.js';
import { updateSummary } from './summary.js';
import { writeQuantizedFolder } from './write-quantized-folder.js';

const INT4 = recipeSchema.parse({ method: 'clip', bits: 4 });

function report(recipe: Recipe | undefined, accepted: boolean, positions = 1000): ValidationReport {
  const board = { tokensPerSecond: 1, firstTokenMs: 1, loadMs: 1, peakPsramBytes: 1, peakHeapBytes: 1 };
  return {
    report: 1,
    tokenrack: '0',
    model: { name: 'm', hash: 'h', parameters: 1000 },
    build: { name: 'm-build', ...(recipe === undefined ? {} : { recipe }) },
    quality: {
      text: { source: 't', documents: 1, positions },
      perplexity: { base: 4, build: 5, lnRatio: { value: Math.log(1.25) } },
      klDivergence: { value: 0.25 },
      topTokenAgreement: 0.5,
      deltaProbability: { value: 0 },
      maxAbsDelta: 1,
      prompts: [],
    },
    sizes: { float32Bytes: 4000, float16Bytes: 2000, buildBytes: 700 },
    // 20 x 12 weights and one layer of 10 x 12.
    tensors: [
      { tensor: 'lm_head', layer: 0, relativeError: 0, bitsPerWeight: 4 },
      { tensor: 'up_proj', layer: 1, relativeError: 0, bitsPerWeight: 8 },
    ],
    generation: { texts: [] },
    ...(accepted
      ? {
          speed: {
            clock: 'modelled' as const,
            board: 'b',
            strategy: 's',
            cardMode: '4bit',
            base: board,
            build: board,
            ratio: 2.5,
          },
        }
      : { unsupported: 'no card' }),
    acceptance: { accepted, rules: [] },
  };
}

describe('updateSummary', () => {
  const at = temporaryFolder();

  beforeEach(async () => {
    await rm(at('out'), { recursive: true, force: true });
    const build = quantizeCheckpoint(smallModel(), INT4);
    await writeQuantizedFolder(build, at('out', 'm-int4'), { report: report(INT4, true) });
    await writeQuantizedFolder(build, at('out', 'unvalidated'));
    await mkdir(at('out', 'a'));
    await writeFile(at('out', 'a', 'validation_report.json'), JSON.stringify(report(undefined, false)));
  });

  it('has a row for each report below, with what is known of it', async () => {
    const summary = await updateSummary(at('out'));
    expect(summary.builds).to.deep.equal([
      {
        name: 'm-build',
        folder: 'a',
        bytes: 700,
        perplexity_ratio: 1.25,
        kl_divergence: 0.25,
        accepted: false,
      },
      {
        name: 'm-build',
        folder: 'm-int4',
        recipe: 'int4-clip',
        bits_per_weight: (4 * 240 + 8 * 120) / 360,
        bytes: 700,
        perplexity_ratio: 1.25,
        kl_divergence: 0.25,
        speed_ratio: 2.5,
        accepted: true,
      },
    ]);
    const written = JSON.parse(await readFile(at('out', 'quantization_summary.json'), 'utf8'));
    expect(written).to.deep.equal(summary);
    expect((await readdir(at('out'))).sort()).to.deep.equal([
      'a',
      'm-int4',
      'quantization_summary.json',
      'unvalidated',
    ]);
  });

  it('forgets what is no longer there, and leaves out what is just being put in place', async () => {
    await updateSummary(at('out'));
    await rm(at('out', 'a'), { recursive: true });
    const fresh = at('out', 'x.new-01234567-89ab-cdef-0123-456789abcdef');
    await mkdir(fresh);
    await writeFile(`${fresh}/validation_report.json`, JSON.stringify(report(undefined, true)));
    expect((await updateSummary(at('out'))).builds.map(({ folder }) => folder)).to.deep.equal(['m-int4']);
  });

  it('accepts nothing that was accepted on too few positions, before so many were asked for', async () => {
    const old = JSON.stringify(report(INT4, true, 999));
    await writeFile(at('out', 'm-int4', 'validation_report.json'), old);
    const accepted = (await updateSummary(at('out'))).builds.map((row) => row.accepted);
    expect(accepted).to.deep.equal([false, false]);
  });

  it('makes an empty table of nothing', async () => {
    expect((await updateSummary(at('nothing'))).builds).to.deep.equal([]);
  });

  it('lets what others put there spoil nothing: it says what it leaves out', async () => {
    await writeFile(at('out', 'a', 'validation_report.json'), '{"report": 2}');
    await mkdir(at('out', 'elsewhere', 'deep'), { recursive: true });
    await writeFile(at('out', 'elsewhere', 'deep', 'validation_report.json'), 'no JSON');
    await writeFile(at('out', 'm-int4', 'config.json'), '{}');
    const { builds, skipped } = await updateSummary(at('out'));
    expect(builds.map(({ folder, bits_per_weight }) => [folder, bits_per_weight])).to.deep.equal([
      ['m-int4', undefined],
    ]);
    expect(skipped).to.have.length(1);
    expect(skipped![0]).to.match(/^left out: .*a\/validation_report\.json: report: /);
  });
});
