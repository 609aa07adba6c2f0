import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentFor } from '../config/environment.js';
import type { ConfigError } from '../errors.js';
import { packageRoot } from '../paths.js';
import { ladderRecordSchema } from '../quantization/acceptance/ladder-record.js';
import { comparisonReportSchema } from '../quantization/lab/compare.js';
import { recipeName } from '../quantization/recipe.js';
import { validationReportSchema } from '../quantization/validation-report.js';
import { quantizeOutputSchema } from './quantize.js';
import { LabLine } from './quantize-progress.js';
import { recipesOf } from './quantize-recipes.js';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

const fixture = join(packageRoot, 'fixtures', 'models', 'little-stories');

/** The real program, on a text of two documents. */
describe('tokenrack quantize, validate and compare', () => {
  let folder = '';
  const at = (...names: string[]) => join(folder, ...names);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-quantize-'));
    await writeFile(at('test.txt'), 'Once upon a time there was a boy.\n\nThe fox ran to the lake.');
    await writeFile(at('calibration.txt'), 'The little dog slept in the garden.');
  });
  after(() => rm(folder, { recursive: true }));

  function tokenrack(...args: readonly string[]): Promise<Ran> {
    const env = environmentFor({
      stateFolder: at('state'),
      machineFolder: at('machine'),
      runsFolder: at('runs'),
    });
    return runTokenrack(args, { cwd: folder, env });
  }
  const quantize = (...args: string[]) =>
    tokenrack(
      'quantize',
      fixture,
      '--test',
      'test.txt',
      '--calibration',
      'calibration.txt',
      '--threads',
      '1',
      ...args,
    );

  /** Over as many positions of the fixture's own text as acceptance asks for. */
  const quantizeOverEnough = (...args: string[]) =>
    tokenrack('quantize', fixture, '--tokens', '1000', '--threads', '1', ...args);

  it('makes a grid of builds, says so on standard error, and prints one object', async () => {
    const grid = ['--out', 'grid', '--method', 'naive,gptq', '--bits', '8', '--no-speed', '--json'];
    const { code, out, err } = await quantize(...grid);
    // On a busy machine there are lines of progress between them.
    expect(err).to.match(
      /^grid\/little-stories-int8-naive: not accepted\n(.*\n)*grid\/little-stories-int8-gptq-text-\w{6}: not accepted\n/m,
    );
    const { accepted, builds } = quantizeOutputSchema.parse(JSON.parse(out));
    expect([code, accepted]).to.deep.equal([1, false]);
    const hash = createHash('sha256')
      .update(await readFile(at('calibration.txt')))
      .digest('hex');
    expect(builds.map(({ name }) => name)).to.deep.equal([
      'little-stories-int8-naive',
      `little-stories-int8-gptq-text-${hash.slice(0, 6)}`,
    ]);
    expect(await readdir(at('grid'))).to.include.members(['quantization_summary.json']);
    const report = JSON.parse(await readFile(at(builds[0]!.folder, 'validation_report.json'), 'utf8'));
    expect(report).to.deep.equal(builds[0]!.report);
  });

  it('accepts an 8-bit build, validates it again from its folder, and compares what it writes', async () => {
    const made = await quantizeOverEnough('--out', 'one', '--method', 'clip', '--bits', '8');
    expect(made.code, made.out + made.err).to.equal(0);
    expect(made.out).to.match(/little-stories-int8-clip .* yes\n$/);
    const build = 'one/little-stories-int8-clip';
    const validated = await tokenrack(
      'validate',
      fixture,
      build,
      '--test',
      'test.txt',
      '--no-speed',
      '--json',
    );
    expect(validated.code).to.equal(1);
    const { acceptance } = validationReportSchema.parse(JSON.parse(validated.out));
    expect(acceptance.rules.map(({ passed }) => passed)).to.deep.equal([false, false, true, true]);
    expect(acceptance.rules[0]!.message).to.match(/, undecided: \d+ positions, at least 1,000 are asked$/);
    const compared = await tokenrack(
      'compare',
      fixture,
      build,
      '--prompt',
      'Once',
      '--tokens',
      '12',
      '--json',
    );
    const { prompts, tokens } = comparisonReportSchema.parse(JSON.parse(compared.out));
    expect([compared.code, tokens, prompts[0]!.prompt]).to.deep.equal([0, 12, 'Once']);
  });

  it('climbs the ladder to 8 bits, and leaves its record', async () => {
    const naive = ['--method', 'naive', '--bits', '4'];
    const { code, out } = await quantizeOverEnough('--out', 'ladder', ...naive, '--ladder');
    expect(code).to.equal(0);
    expect(out).to.match(/more-calibration +not tried: naive looks at no calibration text/);
    expect(out).to.match(/take little-stories-int8-naive: it holds every rule\n$/);
    const record = ladderRecordSchema.parse(JSON.parse(await readFile(at('ladder', 'ladder.json'), 'utf8')));
    expect(record.accepted).to.equal('little-stories-int8-naive');
    expect(await readFile(at('ladder', 'ladder.txt'), 'utf8')).to.equal(out);
  });

  it('refuses what cannot be, in a line, before anything is written', async () => {
    const refused = async (message: RegExp, ...args: string[]) => {
      const { code, out, err } = await quantize('--out', 'refused', ...args);
      expect(err).to.match(message);
      expect([code, out]).to.deep.equal([2, '']);
    };
    await refused(/--method: "best": Invalid option/, '--method', 'best');
    await refused(/no matrix is called head/, '--keep', 'head=8');
    await refused(/--act-order is for gptq: no build /, '--method', 'clip', '--act-order');
    await refused(/--calibration is for gptq, awq and qat: no build /, '--method', 'clip');
    await refused(/--ladder climbs from one model and one recipe/, '--ladder', '--bits', '8,4');
    await refused(/--ladder needs --tokens of at least 1,000/, '--ladder', '--tokens', '999');
    expect(await readdir(folder)).not.to.include('refused');
    const onFile = await tokenrack('quantize', fixture, '--out', 'test.txt');
    const why = `--out test.txt: ${at('test.txt')} is a file, no folder`;
    expect(onFile).to.deep.equal({ code: 2, out: '', err: `tokenrack: config-error: ${why}\n` });
  });
});

describe('recipesOf', () => {
  const names = async (flags: Parameters<typeof recipesOf>[0]) =>
    (await recipesOf(flags)).map(({ method, bits, group, exceptions }) => ({
      method,
      bits,
      group,
      exceptions,
    }));

  it('multiplies methods and bits, and reads groups and exceptions', async () => {
    const made = await names({
      method: 'clip, awq',
      bits: '4,1.58',
      group: '64',
      keep: ['lm_head=8', 'q*=float16'],
    });
    expect(made.map(({ method, bits }) => `${method} ${bits}`)).to.deep.equal([
      'clip 4',
      'awq 4',
      'clip 1.58',
      'awq 1.58',
    ]);
    expect(made[0]).to.deep.include({ group: 64, exceptions: { lm_head: { bits: 8 }, 'q*': 'float16' } });
    expect(await names({})).to.deep.equal([{ method: 'gptq', bits: 4, group: undefined, exceptions: {} }]);
  });

  it('orders columns only where the method does', async () => {
    const made = await recipesOf({ method: 'gptq,awq', actOrder: true, samples: 7 });
    expect(made.map(({ act_order }) => act_order)).to.deep.equal([true, false]);
    expect(made[0]!.calibration).to.deep.equal({ samples: 7, length: 256, seed: 1 });
  });

  const said = (flags: Parameters<typeof recipesOf>[0]) =>
    recipesOf(flags).catch(({ code, message }: ConfigError) => `${code}: ${message}`);

  it('refuses an option that no build would use', async () => {
    const useless = (option: string, user: string) =>
      `recipe-flags: --${option} is for ${user}: no build that was asked for would use it, leave it out`;
    expect(await said({ method: 'clip', actOrder: true })).to.equal(useless('act-order', 'gptq'));
    expect(await said({ method: 'qat,awq', damping: '0.1' })).to.equal(useless('damping', 'gptq'));
    expect(await said({ method: 'gptq', steps: 5 })).to.equal(useless('steps', 'qat'));
    expect(await said({ bits: '8,1', threshold: '0.5' })).to.equal(useless('threshold', '1.58 bits'));
    expect(await said({ method: 'clip', samples: 7 })).to.equal(useless('samples', 'gptq and awq'));
    expect(await said({ method: 'qat', length: 7 })).to.equal(useless('length', 'gptq and awq'));
    const readers = 'gptq, awq and qat';
    expect(await said({ method: 'naive,clip', calibration: 'c' })).to.equal(useless('calibration', readers));
    expect(await said({ method: 'clip,gptq', training: 't' })).to.equal(useless('training', 'qat'));
    expect(await said({ bits: '8', training: 't', budget: '1MB' })).to.equal(useless('training', 'qat'));
  });

  it('gives an option to the builds of a grid that use it, and to their names alone', async () => {
    const made = async (flags: Parameters<typeof recipesOf>[0]) =>
      (await recipesOf(flags)).map((recipe) => recipeName(recipe));
    expect(await made({ method: 'clip', bits: '8,1.58', threshold: '0.5' })).to.deep.equal([
      'int8-clip',
      'ternary-clip-t0.5',
    ]);
    const all = { method: 'gptq,qat', actOrder: true, damping: '0.1', steps: 5 };
    expect(await made(all)).to.deep.equal(['int4-gptq-order-d0.1', 'int4-qat-n5']);
    const [mixed] = await made({ method: 'clip', keep: ['lm_head=1.58'], threshold: '0.5' });
    expect(mixed).to.match(/^int4-clip-t0\.5-mixed-/);
  });

  it('takes steps for the rung of the ladder that trains, and samples for the prices of a budget', async () => {
    const [rung] = await recipesOf({ method: 'clip', steps: 5, ladder: true });
    expect([rung!.steps, recipeName(rung!)]).to.deep.equal([5, 'int4-clip']);
    const [priced] = await recipesOf({ method: 'clip', samples: 7, budget: '90KB' });
    expect(priced!.calibration!.samples).to.equal(7);
  });

  it('takes a text that any build looks at, a rung of the ladder, or the prices of a budget', async () => {
    const [calibration, training] = ['c.txt', 't.txt'];
    const texts = { calibration, training };
    expect(await recipesOf({ method: 'naive,qat', ...texts })).to.have.length(2);
    expect(await recipesOf({ method: 'clip', ladder: true, ...texts })).to.have.length(1);
    expect(await recipesOf({ method: 'clip', budget: '90KB', calibration })).to.have.length(1);
  });

  it('names file and key of a recipe that would not use what it says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-recipe-'));
    const file = join(folder, 'r.yaml');
    const of = async (text: string) => {
      await writeFile(file, text);
      return said({ recipe: [file] });
    };
    expect(await of('{ method: clip, bits: 4, act_order: true }')).to.equal(
      `recipe-flags: ${file}: act_order is for gptq, clip would not use it: leave it out`,
    );
    expect(await of('{ method: gptq, bits: 8, threshold: 0.5 }')).to.equal(
      `recipe-flags: ${file}: threshold is for 1.58 bits, 8 bits would not use it: leave it out`,
    );
    expect(await of('{ method: clip, bits: 8, damping: 0.01 }')).to.have.length(1);
    await rm(folder, { recursive: true });
  });

  it('says in one clear line which number or format is none', async () => {
    expect(await said({ threshold: 'abc' })).to.equal('recipe-flags: --threshold: "abc" is no number');
    expect(await said({ damping: '' })).to.equal('recipe-flags: --damping: "" is no number');
    expect(await said({ bits: '' })).to.equal('recipe-flags: --bits: "" is no number');
    expect(await said({ bits: '4,' })).to.equal('recipe-flags: --bits: "" is no number');
    expect(await said({ keep: ['lm_head=9'] })).to.match(
      /^recipe-flags: --keep lm_head=9: 9 is neither a float format \(float32, .*\) nor bits \(8, .*\)$/,
    );
  });

  it('refuses a file of a recipe beside options that say otherwise', async () => {
    const refused = await recipesOf({ recipe: ['r.yaml'], bits: '4', zeroPoint: true }).catch(
      (error: Error) => error.message,
    );
    expect(refused).to.match(/leave out --bits, --zero-point/);
  });
});

describe('LabLine', () => {
  it('tells about how long it will take on one line of a terminal', () => {
    let now = 0;
    let shown = '';
    const output = { isTTY: true, write: (text: string) => (shown += text) };
    const line = new LabLine(output, () => now);
    line.show('scoring', 0, 8);
    now = 2000;
    line.show('scoring', 2, 8);
    line.end();
    expect(shown.split('\r\x1b[K')).to.deep.equal([
      '',
      'scoring: 0 of 8',
      'scoring: 2 of 8, about 6 s left',
      '',
    ]);
  });

  it('says in a log where half a minute went, and nothing of what takes less', () => {
    let now = 0;
    let shown = '';
    const line = new LabLine({ write: (text: string) => (shown += text) }, () => now);
    const at = (seconds: number, ...what: Parameters<LabLine['show']>): void => {
      now = 1000 * seconds;
      line.show(...what);
    };
    at(0, 'calibrating', 0, 512);
    at(20, 'calibrating', 512, 512);
    at(25, 'scoring', 0, 8);
    at(35, 'scoring', 2, 8);
    at(50, 'scoring', 5, 8);
    now = 60_000;
    line.note('out/a: accepted');
    at(89, 'training', 10, 400);
    at(90, 'training', 20, 400);
    at(121, 'on the virtual board', 0, 0);
    line.end();
    expect(shown.split('\n')).to.deep.equal([
      'scoring: 2 of 8, about 30 s left',
      'out/a: accepted',
      'training: 20 of 400, about 38 s left',
      'on the virtual board ...',
      '',
    ]);
  });
});
