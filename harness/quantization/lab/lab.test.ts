import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { refusal, smallModel, temporaryFolder } from '../../model/model-fixtures.js';
import { packageRoot } from '../../paths.js';
import { generateReference } from '../../reference/generate.js';
import { createOracle } from '../../reference/oracle.js';
import { FEWEST_POSITIONS } from '../acceptance/judge-acceptance.js';
import { quantizeCheckpoint } from '../quantize-checkpoint.js';
import { type RecipeInput, recipeSchema } from '../recipe.js';
import { exampleReport } from '../tables/testing/example-report.js';
import { validationReportSchema } from '../validation-report.js';
import { compareOutputs } from './compare.js';
import { Lab } from './lab.js';
import type { LabOptions } from './lab-options.js';
import { quantizeModel, textOf } from './quantize.js';
import { quantizeGrid } from './run-grid.js';
import { judgeRun } from './speed.js';
import { validateQuantization } from './validate.js';
import { worseThanNaive } from './worse-than-naive.js';

const fixture = `${packageRoot}/fixtures/models/little-stories`;
const recipe = (input: RecipeInput) => recipeSchema.parse(input);

/** Small: a few short documents, and one prompt. */
describe('the quantization lab', () => {
  const at = temporaryFolder();
  let options: LabOptions;
  /** As many positions of the fixture's own text as acceptance asks for. */
  let enough: LabOptions;
  before(async () => {
    const text = 'Once upon a time there was a little boy named Tom. He liked to eat soup.';
    await mkdir(at('texts'));
    await writeFile(at('texts', 'test.txt'), `${text}\n\nThe quick brown fox ran to the lake.`);
    await writeFile(at('texts', 'calibration.txt'), `${text} One day, he lost his boat.\n\nThe dog slept.`);
    options = {
      texts: { testFile: at('texts', 'test.txt'), calibrationFile: at('texts', 'calibration.txt') },
      prompts: ['Once upon a time'],
      promptTokens: 24,
      threads: 1,
      stateFolder: at('state'),
      runsFolder: at('runs'),
    };
    enough = { ...options, texts: {}, testTokens: FEWEST_POSITIONS };
  });

  it('makes, writes and accepts a build, with the speed of a run that was conform to the bit', async () => {
    await using lab = await Lab.open(enough);
    const result = await quantizeModel(lab, fixture, at('out'), recipe({ method: 'clip', bits: 8 }));
    const { folder, cardFolder, report } = result;
    expect(report!.acceptance.rules.filter(({ passed }) => !passed)).to.deep.equal([]);
    expect(report!.speed!.ratio).to.be.within(1.5, 8);
    expect(report!.speed!.ratio).to.equal(
      report!.speed!.build.tokensPerSecond / report!.speed!.base.tokensPerSecond,
    );
    expect(report!.quality.prompts).to.have.length(1);
    expect(report!.tensors).to.have.length(9);
    expect(cardFolder).to.match(/card\/tinyllm_int8_row_weights$/);
    const stored = JSON.parse(await readFile(`${folder}/validation_report.json`, 'utf8'));
    expect(validationReportSchema.parse(stored)).to.deep.equal(report);
    const summary = JSON.parse(await readFile(at('out', 'quantization_summary.json'), 'utf8'));
    expect(summary.builds.map(({ accepted }: { accepted: boolean }) => accepted)).to.deep.equal([true]);
    await quantizeModel(lab, fixture, at('out'), recipe({ method: 'clip', bits: 8 }), { validate: false });
    const after = JSON.parse(await readFile(at('out', 'quantization_summary.json'), 'utf8'));
    expect(after.builds, 'its report is gone').to.deep.equal([]);
  });

  it('says the same of a build in memory, of its folder, and of its card', async () => {
    await using lab = await Lab.open({ ...options, speed: false });
    const { folder, cardFolder, report } = await quantizeModel(
      lab,
      fixture,
      at('same'),
      recipe({ method: 'gptq', bits: 4, calibration: { samples: 2 } }),
    );
    const read = await validateQuantization(lab, fixture, folder);
    expect({ ...read, quality: { ...read.quality, text: report!.quality.text } }).to.deep.equal(report);
    const card = await validateQuantization(lab, fixture, cardFolder!);
    expect(card.quality).to.deep.equal(read.quality);
    expect(card.sizes).to.deep.equal(report!.sizes);
    const files = (await readdir(cardFolder!)).filter((name) => name.endsWith('.bin'));
    const bytes = await Promise.all(files.map(async (name) => (await stat(`${cardFolder}/${name}`)).size));
    expect(report!.sizes.buildBytes).to.equal(bytes.reduce((sum, one) => sum + one, 0));
    expect(card.tensors.map(({ relativeError }) => relativeError)).to.deep.equal(
      report!.tensors.map(({ relativeError }) => relativeError),
    );
    expect(report!.quality.text.source).to.contain('calibrated on calibration.txt');
    expect(report!.acceptance.rules[1]!.message).to.equal('no speed: it was not asked for');
  });

  it('scores a build that no card holds over its values, and does not accept it', async () => {
    await using lab = await Lab.open(enough);
    const { checkpoint } = await lab.subject(fixture);
    const build = quantizeCheckpoint(checkpoint, recipe({ method: 'clip', bits: 8, zero_point: true }));
    const report = await validateQuantization(lab, fixture, build);
    expect(report.unsupported).to.contain('no card format has a zero point');
    expect(report.speed).to.equal(undefined);
    expect(report.quality.perplexity.lnRatio.value).to.be.within(-0.01, 0.01);
    expect(report.acceptance.rules.map(({ passed }) => passed)).to.deep.equal([true, false, true, true]);
  });

  it("finds float32 equal to itself, and what it writes the reference's", async () => {
    await using lab = await Lab.open({ ...options, speed: false });
    const { checkpoint, tokenizer } = await lab.subject(fixture);
    const build = quantizeCheckpoint(
      checkpoint,
      recipe({ method: 'clip', bits: 8, exceptions: { '*': 'float32' } }),
    );
    const { quality, tensors, generation } = await validateQuantization(lab, fixture, build);
    expect(quality.perplexity.lnRatio.value).to.equal(0);
    expect(quality.klDivergence.value).to.equal(0);
    expect(quality.topTokenAgreement).to.equal(1);
    expect(tensors.every(({ relativeError }) => relativeError === 0)).to.equal(true);
    expect(generation.texts[0]!.build).to.equal(generation.texts[0]!.base);
    const { prompts } = await compareOutputs(lab, fixture, build);
    const oracle = createOracle(checkpoint, { contextLength: 64 });
    const greedy = { temperature: 0, topK: 0, seed: 0, maxTokens: 24, stopAtEnd: true, eosIds: [] };
    const ids = tokenizer.encode('Once upon a time');
    const { tokens } = generateReference(oracle, ids, greedy);
    expect(prompts[0]!.base).to.equal(tokenizer.decode([...ids, ...tokens]));
    expect(prompts[0]).to.deep.include({ equalTokens: 24, baseTokens: 24, maxAbsDelta: 0, faults: [] });
  });

  it('sees what one bit does: the texts part, and float32 finds the build incoherent', async () => {
    await using lab = await Lab.open({ ...options, speed: false });
    const { checkpoint } = await lab.subject(fixture);
    const build = quantizeCheckpoint(checkpoint, recipe({ method: 'naive', bits: 1, group: 'row' }));
    const { prompts } = await compareOutputs(lab, fixture, build);
    expect(prompts[0]!.equalTokens).to.be.below(8);
    expect(prompts[0]!.faults.join()).to.match(/incoherent/);
  });

  it('refuses what is no build of the model, and recipes that fit no matrix before anything is made', async () => {
    await using lab = await Lab.open(options);
    expect((await refusal(() => validateQuantization(lab, fixture, fixture))).code).to.equal('no-build');
    const recipes = [
      recipe({ method: 'clip', bits: 4 }),
      recipe({ method: 'clip', bits: 1, zero_point: true }),
    ];
    const made: string[] = [];
    const { code } = await refusal(() =>
      quantizeGrid(lab, [fixture], recipes, at('none'), { onResult: ({ name }) => made.push(name) }),
    );
    expect([code, made]).to.deep.equal(['recipe-zero-point', []]);
    const twice = [recipe({ method: 'clip', bits: 4 }), recipe({ method: 'clip', bits: 4, group: 32 })];
    const { message } = await refusal(() => quantizeGrid(lab, [fixture], twice, at('none')));
    expect(message).to.match(/two builds would be called little-stories-int4-clip: /);
  });
});

describe('textOf', () => {
  it('says what text a build was trained on, and nothing of one that saw none', () => {
    const model = quantizeCheckpoint(smallModel(), recipe({ method: 'nearest', bits: 8 }));
    const trained = { source: 'training.txt', documents: [[1, 2], [3]] };
    expect(textOf({ model, trained })).to.equal('trained on training.txt (documents: 2)');
    expect(textOf({ model })).to.equal(undefined);
  });
});

describe('judgeRun', () => {
  it('takes no speed from a run that was no pass', () => {
    const measurements = (
      ['decode_rate', 'time_to_first_token', 'load_time', 'psram_peak', 'heap_peak'] as const
    ).map((name) => ({
      name,
      unit: '',
      kind: 'exact' as const,
      board: 'cam-1',
      value: 3000,
      samples: [3000],
    }));
    const run = { verdict: 'pass' as const, failures: [], expectations: [], measurements };
    expect(judgeRun(run)).to.deep.equal({
      figures: {
        tokensPerSecond: 3000,
        firstTokenMs: 3,
        loadMs: 3,
        peakPsramBytes: 3000,
        peakHeapBytes: 3000,
      },
    });
    const expectations = [{ title: 'logits', verdict: 'product-fail' as const, message: 'step 3 differs' }];
    expect(judgeRun({ ...run, verdict: 'product-fail', expectations })).to.deep.equal({
      why: 'the run on the virtual board was no pass: step 3 differs',
    });
    expect(judgeRun({ ...run, measurements: measurements.slice(1) })).to.have.property('why');
  });
});

describe('worseThanNaive', () => {
  it('names the builds that do not beat the naive one of as many bits', () => {
    const report = (method: 'naive' | 'gptq' | 'awq', bits: 4 | 8, lnRatio: number) =>
      exampleReport({ recipe: { method, bits }, lnRatio });
    const reports = [
      report('naive', 4, 0.1),
      report('gptq', 4, 0.05),
      report('awq', 4, 0.2),
      report('gptq', 8, 0.3),
    ];
    expect(worseThanNaive(reports)).to.deep.equal([
      'example-int4-awq does not beat example-int4-naive: perplexity +22.14% against +10.52%, KL 0.00100 against 0.00100',
    ]);
  });
});
