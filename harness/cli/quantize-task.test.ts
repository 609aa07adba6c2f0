import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { environmentFor } from '../config/environment.js';
import { packageRoot } from '../paths.js';
import { validationReportSchema } from '../quantization/validation-report.js';
import { quantizeOutputSchema } from './quantize.js';
import { type Ran, runTokenrack } from './testing/run-tokenrack.js';

const fixture = join(packageRoot, 'fixtures', 'models', 'little-stories');

/** The real program, with a task that the fixture can do. */
describe('tokenrack quantize and validate --task', () => {
  let folder = '';
  const at = (...names: string[]) => join(folder, ...names);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-task-'));
    const names = ['Tom', 'Lily', 'Sam', 'Sue', 'Ben', 'Max', 'Anna', 'Mia', 'Tim', 'Lucy'];
    const endings = [' park', ' lake', ' garden', ' hill', ' house'];
    const lines = names.flatMap((name) =>
      endings.map((ending) => ({
        prompt: `Once upon a time ${name} went to the`,
        choices: [ending, ' zqx'],
        answer: 0,
      })),
    );
    await writeFile(at('task.jsonl'), lines.map((line) => JSON.stringify(line)).join('\n'));
    await writeFile(at('bad.jsonl'), `${JSON.stringify(lines[0])}\n{"prompt": "The"}\n`);
    await writeFile(at('test.txt'), 'Once upon a time there was a boy.');
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
  const few = ['--test', 'test.txt', '--no-speed', '--threads', '1'];

  it('lets a task that the build does as well decide where perplexity is too high', async () => {
    const args = ['--out', 'out', '--method', 'naive', '--bits', '4', '--task', 'task.jsonl', '--json'];
    const made = await tokenrack('quantize', fixture, ...few, ...args);
    const [build] = quantizeOutputSchema.parse(JSON.parse(made.out)).builds;
    const { quality, acceptance } = build!.report!;
    expect(quality.perplexity.lnRatio.value).to.be.above(Math.log(1.02));
    expect(quality.task).to.deep.equal({
      source: 'task.jsonl',
      questions: 50,
      chance: 0.5,
      base: 1,
      build: 1,
    });
    const [rule] = acceptance.rules;
    expect(rule).to.include({ rule: 'perplexity', passed: true });
    expect(rule!.message).to.match(/; or task accuracy \+0.00 points, must fall by less than 2$/);

    const again = await tokenrack(
      'validate',
      fixture,
      build!.folder,
      ...few,
      '--task',
      'task.jsonl',
      '--json',
    );
    expect(validationReportSchema.parse(JSON.parse(again.out)).quality.task).to.deep.equal(quality.task);
  });

  it('names file and line of a question that is none, before anything is written', async () => {
    const args = ['--out', 'refused', '--method', 'naive', '--task', 'bad.jsonl'];
    const { code, out, err } = await tokenrack('quantize', fixture, ...few, ...args);
    expect([code, out]).to.deep.equal([2, '']);
    expect(err).to.equal('tokenrack: config-error: bad.jsonl:2: choices is missing\n');
    expect(await readdir(folder)).not.to.include('refused');
  });
});
