import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { ConfigError } from '../errors.js';
import { exportCard } from '../model/export-card.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { readRack } from '../rack/rack-file.js';
import { describeExpectation, type Expectation } from '../results/expectation.js';
import type { RunResult } from '../results/result.js';
import { RunFolder } from '../results/run-folder.js';
import { deriveResult } from './derive.js';
import type { BenchEvent } from './events.js';
import type { RunOptions } from './run-options.js';
import { runScenario } from './run-scenario.js';
import { parseScenario, type ScenarioInput } from './scenario-spec.js';
import { changeByte } from './testing/damage.js';

const model = join(packageRoot, 'fixtures', 'models', 'little-stories');
const expectations: Expectation[] = [
  { kind: 'tokens-equal-reference' },
  { kind: 'logits-equal-reference' },
  { kind: 'exact-identical' },
];

/** The chain end to end on virtual boards: what passes, and that what should fail does, with the right verdict. */
describe('a run', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-chain-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function run(
    input: ScenarioInput,
    boards: readonly string[] = ['cam-1'],
    more: Partial<RunOptions> = {},
  ): Promise<RunResult> {
    const rack = await readRack(join(packageRoot, 'fixtures', 'racks', 'virtual.yaml'));
    const spec = parseScenario('chain', {
      model,
      prompts: ['Once upon a time', 'The quick brown fox'],
      generate: { tokens: 6 },
      repeats: 2,
      expect: expectations,
      ...input,
    });
    const stateFolder = join(folder, 'state');
    const runsFolder = join(folder, 'runs');
    return runScenario('chain', spec, [], {
      rack,
      boards,
      retries: 0,
      stateFolder,
      runsFolder,
      onEvent: () => {},
      ...more,
    });
  }

  /** A copy of the virtual build, one byte of whose app is flipped. */
  async function corruptBuild(offset: (bytes: Buffer) => number): Promise<string> {
    const build = await buildVirtualFirmware();
    const copy = await mkdtemp(join(folder, 'build-'));
    await cp(build.folder, copy, { recursive: true });
    const app = build.files.find((file) => file.offset === 0x10000)!;
    const path = join(copy, app.path.slice(build.folder.length));
    const bytes = await readFile(path);
    const at = offset(bytes);
    bytes[at] = bytes[at]! ^ 0x01;
    await writeFile(path, bytes);
    return copy;
  }

  it('passes on both boards at once, with every exact measurement the same over repeats', async () => {
    const result = await run({}, ['cam-1', 'cam-2']);
    expect(result.failures).to.deep.equal([]);
    expect(result.verdict).to.equal('pass');
    expect(result.generations).to.have.length(8);
    for (const { kind, samples, name } of result.measurements) {
      if (kind === 'exact') expect(new Set(samples).size, name).to.equal(1);
    }
  });

  it('gives the same result again from its folder alone', async () => {
    const result = await run({});
    const again = await deriveResult(await RunFolder.open(result.run.folder));
    expect(again).to.deep.equal(result);
  });

  it('refuses to replay a capture that is shorter than it was recorded', async () => {
    const result = await run({ generate: { tokens: 2 }, repeats: 1 });
    await truncate(join(result.run.folder, 'boards', 'cam-1', 'attempt-1', 'uart.bin'), 2000);
    const replay = await RunFolder.open(result.run.folder)
      .then(deriveResult)
      .catch((error: unknown) => error);
    expect(replay).to.be.instanceOf(ConfigError);
  });

  it('is inconclusive when the user interrupts it, with the board released', async () => {
    const controller = new AbortController();
    const onEvent = (event: BenchEvent): void => {
      if (event.type === 'token') controller.abort(new Error('enough'));
    };
    const result = await run({}, ['cam-1'], { onEvent, signal: controller.signal });
    expect(result.verdict).to.equal('inconclusive');
    expect((await run({ generate: { tokens: 2 }, repeats: 1, expect: [] })).verdict).to.equal('pass');
  });

  it('is a product-fail at the first step that differs when one bit of one weight is changed', async () => {
    const card = join(folder, 'flipped', 'tinyllm_float32_weights');
    await exportCard(await readCheckpoint(model), card);
    const path = join(card, 'down_proj.bin');
    const weights = await readFile(path);
    weights[2] = weights[2]! ^ 0x40;
    await writeFile(path, weights);
    const result = await run({ card });
    expect(result.verdict).to.equal('product-fail');
    const message = result.expectations.find(({ title }) => title.includes('to the bit'))?.message;
    expect(message).to.match(/logits differ first at step 0 .*max \|delta logit\| \d/);
    const [row] = result.conformity;
    expect(row?.maxAbsDelta).to.be.greaterThan(0);
    expect(row?.klDivergence).to.be.greaterThan(0);
    const again = await deriveResult(await RunFolder.open(result.run.folder));
    expect(again).to.deep.equal(result);
  });

  for (const strategy of ['seed', 'fast'] as const) {
    it(`is a product-fail when a byte that only verify=1 would find makes ${strategy} say something else`, async () => {
      const card = join(folder, `changed-${strategy}`, 'tinyllm_float32_weights');
      await exportCard(await readCheckpoint(model), card);
      await changeByte(card);
      const result = await run({ card, strategy, repeats: 1 });
      expect(result.verdict).to.equal('product-fail');
      const failed = result.expectations.filter(({ verdict }) => verdict === 'product-fail');
      expect(failed.map(({ title }) => title)).to.include(describeExpectation(expectations[0]!));
    });
  }

  it('is refused at boot with the bootloader’s message when the image is corrupt', async () => {
    const build = await corruptBuild((bytes) => bytes.length >> 1);
    const result = await run({ build });
    expect(result.verdict).not.to.equal('pass');
    const [attempt] = await readdir(join(result.run.folder, 'boards', 'cam-1'));
    const log = await readFile(join(result.run.folder, 'boards', 'cam-1', attempt!, 'uart.bin'), 'latin1');
    expect(log).to.match(/Checksum failed|Image hash failed/);
    expect(log).not.to.contain('Tiny-LLM ESP32 Inference Engine Starting');
    expect(result.failures[0]?.message).to.match(/hecksum|hash/);
  });

  it('refuses a card that holds another model than planned, as the lab’s fault', async () => {
    const checkpoint = await readCheckpoint(model);
    const card = join(folder, 'other', 'tinyllm_float32_weights');
    await exportCard(checkpoint, card);
    await rm(join(card, 'q_proj.bin'));
    const result = await run({ card });
    expect(result.verdict).not.to.equal('pass');
    expect(result.failures[0]?.message).to.contain('q_proj.bin');
  });
});
