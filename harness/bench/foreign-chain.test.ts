import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { ConfigError } from '../errors.js';
import { buildPlainApp } from '../foreign/testing/plain-app.js';
import { packageRoot } from '../paths.js';
import { readRack } from '../rack/rack-file.js';
import type { RunResult } from '../results/result.js';
import { RunFolder } from '../results/run-folder.js';
import { deriveResult } from './derive.js';
import { runScenario } from './run-scenario.js';
import { parseScenario, type ScenarioInput } from './scenario-spec.js';

const described = (name: string): string => join(packageRoot, 'fixtures', 'foreign', name);

/** The plain app's answers to `seed TEXT`, in the seeds' format. */
const seedCommand = `
name: a plain app
ready: '^Ready! Type'
prompt:
  command: 'seed {text}'
log:
  started: 'Starting inference with prompt length: (?<prompt_tokens>\\d+)$'
  tokens: '^Generated tokens:(?<ids>[ \\d]*)$'
  speed: ['completed: (?<tokens>\\d+) tokens in (?<ms>\\d+) ms \\((?<rate>[\\d.]+) tokens/sec\\)$']
  ended: 'Inference completed'
timeouts: { ready_ms: 2000, silence_ms: 300, generation_ms: 5000 }
`;

/** Another project's firmware through the whole chain: flash, boot, drive, measure, judge, replay. */
describe('a run with foreign firmware', () => {
  let folder = '';
  let build = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-foreign-'));
    build = (await buildPlainApp(buildVirtualFirmware)).folder;
  });
  after(() => rm(folder, { recursive: true }));

  async function run(input: ScenarioInput): Promise<RunResult> {
    const rack = await readRack(join(packageRoot, 'fixtures', 'racks', 'virtual.yaml'));
    const spec = parseScenario('foreign', { build, repeats: 1, warmups: 0, ...input });
    return runScenario('foreign', spec, [], {
      rack,
      boards: ['cam-1'],
      retries: 0,
      stateFolder: join(folder, 'state'),
      runsFolder: join(folder, 'runs'),
      onEvent: () => {},
    });
  }

  async function describeAs(text: string): Promise<string> {
    const path = join(await mkdtemp(join(folder, 'yaml-')), 'firmware.yaml');
    await writeFile(path, text);
    return path;
  }

  /** One prompt to the app by {@link seedCommand}, with these lines replaced. */
  async function ask(prompt: string, change: (yaml: string) => string = (yaml) => yaml): Promise<RunResult> {
    return run({ firmware: await describeAs(change(seedCommand)), prompts: [prompt] });
  }

  const values = (result: RunResult): object =>
    Object.fromEntries(result.measurements.map(({ name, value }) => [name, value]));

  it('drives the seeds’ firmware, which generates at every boot, and records what its log gives', async () => {
    const result = await run({
      firmware: described('seed-firmware.yaml'),
      repeats: 2,
      warmups: 1,
      expect: [
        { kind: 'equals', measurement: 'tokens', bound: 3 },
        { kind: 'at-least', measurement: 'overall_rate', bound: 1 },
        { kind: 'exact-identical' },
      ],
    });
    expect(result.failures).to.deep.equal([]);
    expect(result.verdict).to.equal('pass');
    expect(result.generations).to.have.length(2);
    const [generation] = result.generations;
    expect(generation).to.include({ prompt: 'its own prompt', promptTokens: 4 });
    expect(generation?.tokens).to.deep.equal([40, 41, 42]);
    expect(generation?.text).to.have.length.above(2);
    expect(generation).not.to.have.any.keys('referenceEqual', 'logitsEqual');
    const log = await readFile(join(result.run.folder, 'boards/cam-1/attempt-1/uart.bin'), 'utf8');
    const printed = /tokens in (\d+) ms \((\d+\.\d\d) tokens\/sec\)/.exec(log)!;
    expect(values(result)).to.deep.equal({
      overall_rate: Number(printed[2]),
      generation_time: Number(printed[1]) * 1000,
      tokens: 3,
    });
  });

  it('sends prompts to a firmware that takes them, each read as its own', async () => {
    const result = await run({
      firmware: await describeAs(seedCommand),
      prompts: ['one', 'two words', 'now three words'],
      repeats: 2,
    });
    expect(result.verdict).to.equal('pass');
    const read = result.generations.map(({ prompt, promptTokens }) => `${prompt}: ${promptTokens}`);
    expect(new Set(read)).to.deep.equal(new Set(['one: 1', 'two words: 2', 'now three words: 3']));
    expect(read).to.have.length(6);
    expect(result.generations[0]).not.to.have.property('text');
  });

  it('reads another project’s format: echoed prompts, streamed text, figures on several lines', async () => {
    const firmware = described('adesgautam-esp32-llm.yaml');
    const result = await run({ firmware, prompts: ['Once upon a time'] });
    expect(result.verdict).to.equal('pass');
    expect(result.build.firmware).to.equal('adesgautam/esp32-llm');
    expect(result.model).to.deep.equal({ name: 'inside adesgautam/esp32-llm', path: '', format: 'its own' });
    const [generation] = result.generations;
    expect(generation).to.include({ text: ' on on\nand so on', promptTokens: 4 });
    expect(generation).not.to.have.property('tokens');
    const { tokens, overall_rate, generation_time } = values(result) as Record<string, number>;
    expect(tokens).to.equal(4);
    expect((overall_rate! * generation_time!) / 1e6).to.be.closeTo(4, 0.05);
  });

  it('makes the same tokens of a bench build through its plain console as through the bench protocol', async () => {
    const spec = { prompts: ['Once upon a time', 'The future of AI is'], generate: { tokens: 6 } };
    const { folder: ours } = await buildVirtualFirmware();
    const plain = await run({ ...spec, firmware: described('seed-console.yaml'), build: ours });
    const bench = await run({ ...spec, build: ours });
    expect(plain.verdict).to.equal('pass');
    const told = ({ generations }: RunResult) =>
      generations.map(({ prompt, promptTokens, tokens, text }) => ({ prompt, promptTokens, tokens, text }));
    expect(told(plain)).to.deep.equal(told(bench));
  });

  it('gives the same result again from its folder alone, without the description', async () => {
    const firmware = await describeAs(await readFile(described('seed-firmware.yaml'), 'utf8'));
    const result = await run({ firmware, expect: [{ kind: 'equals', measurement: 'tokens', bound: 3 }] });
    await rm(firmware);
    const again = await deriveResult(await RunFolder.open(result.run.folder));
    expect(again).to.deep.equal(result);
    expect(again.verdict).to.equal('pass');
  });

  it('is inconclusive about everything that the log does not say', async () => {
    const result = await run({
      firmware: described('adesgautam-esp32-llm.yaml'),
      prompts: ['Once'],
      repeats: 2,
      expect: [
        { kind: 'tokens-equal-reference' },
        { kind: 'logits-equal-reference' },
        { kind: 'exact-identical' },
        { kind: 'at-most', measurement: 'psram_peak', bound: 4e6 },
        { kind: 'at-least', measurement: 'decode_rate', bound: 0.001 },
        { kind: 'text-begins', prompt: 'Once', text: ' on' },
        { kind: 'text-begins', prompt: 'Once', text: ' off' },
      ],
    });
    expect(result.expectations.map(({ verdict }) => verdict)).to.deep.equal([
      ...Array<string>(5).fill('inconclusive'),
      'pass',
      'product-fail',
    ]);
  });

  it('blames the lab when the ready line never comes, and says which', async () => {
    const result = await ask('one', (yaml) =>
      yaml.replace("'^Ready! Type'", "'^Welcome'").replace('2000', '400'),
    );
    expect(result.verdict).to.equal('infra-fail');
    expect(result.failures[0]?.message).to.match(/no line that fits `ready` \(\^Welcome\) in 400 ms/);
  });

  it('blames the product for a panic in the middle, and keeps what was whole before', async () => {
    const firmware = await describeAs(seedCommand);
    const result = await run({ firmware, prompts: ['one', 'panic now'] });
    expect(result.verdict).to.equal('product-fail');
    expect(result.failures[0]?.message).to.match(/panic \(IllegalInstruction\).*the end of a generation/);
    expect(result.generations.length).to.be.at.most(1);
    const again = await deriveResult(await RunFolder.open(result.run.folder));
    expect(again).to.deep.equal(result);
  });

  it('trusts nothing of a generation whose log contradicts itself', async () => {
    const lost = await ask('lie to me');
    expect(lost.verdict).to.equal('inconclusive');
    expect(lost.failures[0]?.message).to.match(/contradicts itself: it says 5 tokens, lists 3$/);
    expect(lost.measurements).to.deep.equal([]);
    const hasty = await ask('hasty');
    expect(hasty.verdict).to.equal('inconclusive');
    expect(hasty.failures[0]?.message).to.match(/says [\d.]+ tokens\/s, 5 tokens in \d+ ms are not that$/);
  });

  it('says of a firmware that falls silent, or comes to no end, that it hangs', async () => {
    const silent = await ask('hang');
    expect(silent.verdict).to.equal('product-fail');
    expect(silent.failures[0]?.message).to.match(/fell silent while .* the end of a generation/);
    const endless = await ask('babble');
    expect(endless.verdict).to.equal('product-fail');
    expect(endless.failures[0]?.message).to.match(/came to no end in 5000 ms/);
  });

  it('takes the firmware’s own error lines at their word', async () => {
    const own = described('adesgautam-esp32-llm.yaml');
    const result = await run({ firmware: own, prompts: ['error please'] });
    expect(result.verdict).to.equal('product-fail');
    expect(result.failures[0]?.message).to.contain('ERROR: no model partition');
    const yaml = (await readFile(own, 'utf8')).replace("'^ERROR: '", "'^ERROR: ', class: infra-fail");
    const lab = await run({ firmware: await describeAs(yaml), prompts: ['error please'] });
    expect(lab.verdict).to.equal('infra-fail');
  });

  async function refusal(input: ScenarioInput): Promise<string> {
    const error = await run(input).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(ConfigError);
    return (error as Error).message;
  }

  it('refuses before any board is touched: a bad description, a prompt that does not fit, no build', async () => {
    const typo = await describeAs(seedCommand.replace('ended:', 'end:'));
    expect(await refusal({ firmware: typo })).to.match(/firmware\.yaml:\d+: .*(ended|"end")/);
    const firmware = await describeAs(seedCommand);
    expect(await refusal({ firmware, prompts: ['x'.repeat(120)] })).to.match(
      /a line of 126 bytes; a plain app takes 120/,
    );
    expect(await refusal({ firmware, prompts: ['two\nlines'] })).to.match(/has a line break/);
    expect(await refusal({ firmware, build: undefined as never })).to.match(
      /drives a plain app but names no build/,
    );
  });
});
