import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { exportCard } from '../model/export-card.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { readRack } from '../rack/rack-file.js';
import type { RunResult } from '../results/result.js';
import { RunFolder } from '../results/run-folder.js';
import { pointsOf } from '../sinks/influx/points.js';
import { deriveResult } from './derive.js';
import type { BenchEvent } from './events.js';
import { runScenario } from './run-scenario.js';
import { parseScenario } from './scenario-spec.js';

const model = join(packageRoot, 'fixtures', 'models', 'little-stories');

/** A run whose first attempt finds a bad card and whose second a good one. */
describe('the attempts of a run', () => {
  let folder = '';
  let result: RunResult;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-attempts-'));
    const card = join(folder, 'card', 'tinyllm_float32_weights');
    await exportCard(await readCheckpoint(model), card);
    const tensor = join(card, 'q_proj.bin');
    const whole = await readFile(tensor);
    await writeFile(tensor, whole.subarray(0, 100));
    const onEvent = (event: BenchEvent): void => {
      if (event.type === 'failure') writeFileSync(tensor, whole);
    };
    const generate = { tokens: 3 };
    const spec = parseScenario('retried', { model, card, prompts: ['Once'], generate, repeats: 2 });
    result = await runScenario('retried', spec, [], {
      rack: await readRack(join(packageRoot, 'fixtures', 'racks', 'virtual.yaml')),
      boards: ['cam-2'],
      retries: 1,
      stateFolder: join(folder, 'state'),
      runsFolder: join(folder, 'runs'),
      onEvent,
    });
  });
  after(() => rm(folder, { recursive: true }));

  const attemptFile = (attempt: number, name: string): string =>
    join(result.run.folder, 'boards', 'cam-2', `attempt-${attempt}`, name);
  const derived = async (): Promise<RunResult> => deriveResult(await RunFolder.open(result.run.folder));

  /** What the run is when a file of an attempt is otherwise; puts it back. */
  async function derivedWith(attempt: number, name: string, change: (bytes: Buffer) => Buffer) {
    const path = attemptFile(attempt, name);
    const before = await readFile(path);
    await writeFile(path, change(before));
    try {
      return await derived();
    } finally {
      await writeFile(path, before);
    }
  }

  it('are all in the result, each with what it came to and no more', async () => {
    expect(result.verdict).to.equal('pass');
    const [first, second, ...more] = result.attempts!;
    expect(more).to.deep.equal([]);
    expect(first).to.include({ board: 'cam-2', attempt: 1 }).and.have.any.keys('flash', 'failure');
    expect(first!.failure).to.include({ class: 'infra-fail' }).and.have.property('code').that.is.a('string');
    expect(first).not.to.have.any.keys('loadUs', 'remade');
    expect(second).to.include({ board: 'cam-2', attempt: 2, remade: 0 }).and.not.have.property('failure');
    expect(second!.loadUs).to.equal(result.measurements.find(({ name }) => name === 'load_time')!.value);
    for (const { attempt, flash } of result.attempts!) {
      const kept = JSON.parse(await readFile(attemptFile(attempt, 'attempt.json'), 'utf8'));
      const { elapsedMs, bytesWritten, bytesSkipped } = kept.flash;
      expect(flash).to.deep.equal({ elapsedMs, bytesWritten, bytesSkipped, chipRevision: 100 });
    }
    // What the first attempt wrote need not be written again.
    expect(second!.flash!.bytesWritten).to.be.below(first!.flash!.bytesWritten);
    expect(result.boards[0]).to.include({ chipRevision: 100 });
  });

  it('leave the run its start, and what was sent of the first attempt its time, when one is added', async () => {
    const second = attemptFile(2, '.');
    const aside = join(folder, 'aside');
    await rename(second, aside);
    const before = await derived();
    await rename(aside, second);
    expect(before.run.startedAt).to.equal(before.attempts![0]!.startedAt);
    expect(result.attempts![1]!.startedAt > before.run.startedAt).to.equal(true);
    expect(result.run.startedAt).to.equal(before.run.startedAt);
    const ofFirst = (one: RunResult) => pointsOf(one).find(({ tags }) => tags.attempt === '1');
    expect(ofFirst(before)).to.be.an('object');
    expect(ofFirst(result)).to.deep.equal(ofFirst(before));
  });

  it('say how many bytes came, as the captures have them', async () => {
    for (const { attempt, uart } of result.attempts!) {
      const { length } = await readFile(attemptFile(attempt, 'uart.bin'));
      expect(uart).to.deep.equal({ bytes: length, torn: 0 });
    }
  });

  it('say how many machine lines were torn', async () => {
    const torn = await derivedWith(2, 'uart.bin', (bytes) => {
      const at = bytes.indexOf('"r":"tok"');
      expect(at).to.be.greaterThan(0);
      const changed = Buffer.from(bytes);
      changed[at + 6] = 'k'.charCodeAt(0);
      return changed;
    });
    expect(torn.attempts!.map(({ uart }) => uart?.torn)).to.deep.equal([0, 1]);
  });

  it('leave out what the capture of an attempt that was tried again can no longer tell', async () => {
    const { uart: _, ...first } = result.attempts![0]!;
    const cut = await derivedWith(1, 'uart.bin', (bytes) => bytes.subarray(0, 10));
    expect(cut).to.deep.equal({ ...result, attempts: [first, result.attempts![1]] });
  });

  it('hold what was measured of every generation, by its repeat', () => {
    expect(result.generations).to.have.length(2);
    for (const { measured, repeat } of result.generations) {
      const { decode_rate, sd_reads } = measured!;
      const samples = (name: string) => result.measurements.find((one) => one.name === name)!.samples;
      expect(decode_rate).to.equal(samples('decode_rate')[repeat - 1]);
      expect(sd_reads).to.equal(samples('sd_reads')[repeat - 1]);
      expect(measured).not.to.have.property('load_time');
    }
  });

  it('are told of a folder from before there were labels, with the default ones', async () => {
    expect(result.labels).to.deep.equal({ suite: 'adhoc', channel: 'dev', arm: 'candidate' });
    const path = join(result.run.folder, 'plan.json');
    const text = await readFile(path, 'utf8');
    const { labels, ...older } = JSON.parse(text);
    expect(labels).to.deep.equal(result.labels);
    await writeFile(path, JSON.stringify(older));
    expect(await derived()).to.deep.equal(result);
    await writeFile(path, text);
  });
});
