import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import { environmentFor } from '../config/environment.js';
import { packageRoot } from '../paths.js';
import { quantizeOutputSchema } from './quantize.js';

const fixture = join(packageRoot, 'fixtures', 'models', 'little-stories');
const BUILD = /^little-stories-ternary-qat-n60-text-[0-9a-f]{6}$/;

/** The real program on the fixture, with the shortest training that can be interrupted. */
describe('tokenrack quantize --method qat', () => {
  let folder = '';
  const at = (...names: string[]) => join(folder, ...names);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-qat-'));
    await writeFile(at('calibration.txt'), 'The old fox sang to the moon.');
    await writeFile(at('test.txt'), 'Once upon a time there was a boy.');
    const stories = ['Tom', 'Lily', 'Sam', 'Sue'].map((name) => `${name} had a red ball. ${name} was happy.`);
    await writeFile(at('training.txt'), stories.join('\n\n'));
  });
  after(() => rm(folder, { recursive: true }));

  function train(state: string, out: string, ...more: readonly string[]): ChildProcess {
    const main = join(packageRoot, 'dist', 'cli', 'main.js');
    const args = ['quantize', fixture, '--out', out, '--method', 'qat', '--bits', '1.58', '--steps', '60'];
    const texts = ['test', 'calibration', 'training'].flatMap((part) => [`--${part}`, `${part}.txt`]);
    const env = environmentFor({
      stateFolder: at(state),
      machineFolder: at('machine'),
      runsFolder: at('runs'),
    });
    return spawn(process.execPath, [main, ...args, ...texts, '--json', ...more], { cwd: folder, env });
  }

  async function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
    const said = { out: '', err: '' };
    child.stdout!.on('data', (bytes: Buffer) => (said.out += bytes.toString()));
    child.stderr!.on('data', (bytes: Buffer) => (said.err += bytes.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, ...said };
  }

  /** The state of a training that is under way, once it made a step. */
  async function stateIn(state: string, child: ChildProcess): Promise<string> {
    while (child.exitCode === null) {
      const names = existsSync(at(state, 'qat')) ? await readdir(at(state, 'qat')) : [];
      const kept = names.find((name) => name.endsWith('.state'));
      if (kept !== undefined) return at(state, 'qat', kept);
      await setTimeout(2);
    }
    throw new Error('the training ended before it could be interrupted');
  }

  async function bytesOf(out: string): Promise<Buffer> {
    const build = (await readdir(at(out))).find((name) => BUILD.test(name));
    return readFile(at(out, build!, 'model.safetensors'));
  }

  it('goes on after an interruption, and ends in the same bytes as without one', async () => {
    const whole = ended(train('calm', 'whole', '--no-validate'));
    const interrupted = train('broken', 'resumed', '--no-validate');
    const first = ended(interrupted);
    const state = await stateIn('broken', interrupted);
    interrupted.kill('SIGINT');
    const { code, err } = await first;
    expect(code, err).to.equal(5);
    const how = `training is kept in ${at('broken', 'qat')}: the same command goes on where it was interrupted`;
    // On a busy machine there may be lines of progress before it.
    const end = `${how}\ntokenrack: inconclusive: interrupted\n`;
    expect(err.slice(-end.length)).to.equal(end);
    const kept = await readFile(state);
    const { step } = JSON.parse(kept.subarray(0, kept.indexOf('\n')).toString()) as { step: number };
    expect(step).to.be.within(1, 59);
    expect(existsSync(at('resumed'))).to.equal(false);

    const { out, err: said } = await ended(train('broken', 'resumed', '--no-speed', '--tokens', '5'));
    expect(said).to.contain(`training goes on after step ${step} of 60, where it was interrupted\n`);
    expect(existsSync(state)).to.equal(false);
    const [build] = quantizeOutputSchema.parse(JSON.parse(out)).builds;
    expect(build!.report!.quality.text.source).to.contain('trained on training.txt (documents: 4)');
    expect(build!.report!.build).to.include({ name: build!.name, format: 'ternary' });
    expect(build!.name).to.match(BUILD);

    expect((await whole).err).not.to.contain('goes on');
    expect((await bytesOf('resumed')).equals(await bytesOf('whole'))).to.equal(true);
  });
});
