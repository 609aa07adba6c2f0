import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { deriveResult } from '../../bench/derive.js';
import type { RunOptions } from '../../bench/run-options.js';
import { runScenario } from '../../bench/run-scenario.js';
import { parseScenario, type ScenarioInput } from '../../bench/scenario-spec.js';
import { exportCard } from '../../model/export-card.js';
import { packModel } from '../../model/pack-model.js';
import { readCheckpoint } from '../../model/read-checkpoint.js';
import { packageRoot } from '../../paths.js';
import { readRack } from '../../rack/rack-file.js';
import { MEASUREMENT_NAMES } from '../../results/measurement-catalogue.js';
import type { RunResult } from '../../results/result.js';
import { RunFolder } from '../../results/run-folder.js';
import { parseLine, toLine } from './line-protocol.js';
import type { Point } from './point.js';
import { pointsOf } from './points.js';
import { fieldsOfSchemaPage } from './testing/schema-page.js';

const model = join(packageRoot, 'fixtures', 'models', 'little-stories');
const hostile = `say "no", a=b \\ 100%\n🦊${' very'.repeat(12)}`;

/** The result with peaks of PSRAM on cam-2 that differ between prompts. */
function withPeaks(result: RunResult, peaks: readonly number[]): RunResult {
  const [sample] = result.measurements.filter((one) => one.name === 'psram_peak' && one.board === 'cam-2');
  const others = result.measurements.filter((one) => one.name !== 'psram_peak');
  const made = peaks.map((value) => ({ ...sample!, prompt: String(value), value }));
  return { ...result, measurements: [...others, ...made] };
}

const linesOf = (result: RunResult): string => pointsOf(result).map(toLine).join('\n');

describe('pointsOf', () => {
  let folder = '';
  /** Two boards, packed weights that go over the wire, labels, quality. */
  let good: RunResult;
  /** A card with a wrong weight: not conform. */
  let wrong: RunResult;
  /** A card that lacks half a tensor: no attempt comes to a generation. */
  let failed: RunResult;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-points-'));
    const labels = { suite: 'nightly', channel: 'main', arm: 'reference' } as const;
    const boards = ['cam-1', 'cam-2'];
    good = await run({ provision: 'uart', prompts: ['Once', hostile] }, { boards, labels });
    wrong = await run({ card: await damaged('wrong', (bytes) => bytes.fill(0x11, 50, 90)) });
    failed = await run({ card: await damaged('short', (bytes) => bytes.subarray(0, 100)) }, { retries: 1 });
  });
  after(() => rm(folder, { recursive: true }));

  async function run(input: ScenarioInput, options: Partial<RunOptions> = {}): Promise<RunResult> {
    const spec = parseScenario('points, "all"', {
      model,
      format: 'int8',
      quality: true,
      prompts: ['Once'],
      generate: { tokens: 3 },
      repeats: 2,
      expect: [{ kind: 'logits-equal-reference' }],
      ...input,
    });
    return runScenario('points, "all"', spec, [], {
      rack: await readRack(join(packageRoot, 'fixtures', 'racks', 'virtual.yaml')),
      boards: ['cam-1'],
      retries: 0,
      stateFolder: join(folder, 'state'),
      runsFolder: join(folder, 'runs'),
      onEvent: () => {},
      ...options,
    });
  }

  async function damaged(name: string, change: (bytes: Buffer) => Buffer): Promise<string> {
    const card = join(folder, name, 'tinyllm_weights');
    await exportCard(packModel(await readCheckpoint(model), { default: 'int8' }), card);
    const path = join(card, 'down_proj.bin');
    await writeFile(path, change(await readFile(path)));
    return card;
  }

  const of = (result: RunResult, measurement: string): Point[] =>
    pointsOf(result).filter((point) => point.measurement === measurement);

  it('has every field of the page in some run, and no other, of the types that the page says', async () => {
    const page = await fieldsOfSchemaPage();
    const known = new Map(page.map(({ measurement, name, integer }) => [`${measurement}.${name}`, integer]));
    for (const name of MEASUREMENT_NAMES) known.set(`generation.${name}`, false);
    const found = new Set<string>();
    for (const { measurement, fields } of [good, wrong, failed].flatMap((result) => pointsOf(result))) {
      for (const [name, value] of Object.entries(fields)) {
        const key = `${measurement}.${name}`;
        expect([...known.keys()]).to.include(key);
        expect(typeof value === 'bigint', `${key} is an integer`).to.equal(known.get(key));
        found.add(key);
      }
    }
    const missing = page
      .map(({ measurement, name }) => `${measurement}.${name}`)
      .filter((key) => !found.has(key));
    expect(missing).to.deep.equal([]);
  });

  it('gives the same bytes from the run, from result.json, and from the folder again', async () => {
    for (const result of [good, wrong, failed]) {
      const { folder: path } = result.run;
      const kept = JSON.parse(await readFile(join(path, 'result.json'), 'utf8')) as RunResult;
      expect(linesOf(kept)).to.equal(linesOf(result));
      expect(linesOf(await deriveResult(await RunFolder.open(path)))).to.equal(linesOf(result));
    }
  });

  it('makes points that line protocol carries, hostile prompt and all', () => {
    for (const result of [good, wrong, failed]) {
      for (const point of pointsOf(result)) expect(parseLine(toLine(point))).to.deep.equal(point);
    }
    const prompts = new Set(of(good, 'generation').map(({ tags }) => tags.prompt!));
    const long = [...prompts].find((prompt) => prompt !== 'Once')!;
    expect([...long]).to.have.length(60);
    expect(long).to.match(/^say "no", a=b \\ 100%\n🦊 very.*…$/s);
  });

  it('has no two points of the same tags and time, all times from the start of the run on', () => {
    const start = BigInt(Date.parse(good.run.startedAt)) * 1_000_000n;
    for (const measurement of ['run', 'generation', 'quality', 'board']) {
      const times = of(good, measurement).map(({ timestampNs }) => timestampNs - start);
      expect(times).to.deep.equal(times.map((_, index) => BigInt(index)));
    }
  });

  it('marks what was taken over a network, and only that', () => {
    const boards = good.boards.map((board) => (board.id === 'cam-2' ? { ...board, link: 'rfc2217' } : board));
    const points = pointsOf({ ...good, boards });
    expect(new Set(points.map(({ measurement }) => measurement))).to.include.keys(
      'run',
      'generation',
      'board',
    );
    for (const { tags } of points) expect(tags.link).to.equal(tags.board === 'cam-2' ? 'rfc2217' : undefined);
  });

  it('tags every point with what it is of', () => {
    const common = {
      clock: 'modelled',
      model: good.model.name,
      format: 'int8',
      strategy: 'seed',
      suite: 'nightly',
      scenario: 'points, "all"',
      channel: 'main',
      arm: 'reference',
    };
    for (const { tags } of pointsOf(good)) expect(tags).to.include(common);
    const revisions = of(good, 'run').map(({ tags }) => [tags.board, tags.chip_rev]);
    expect(revisions).to.deep.equal([
      ['cam-1', '301'],
      ['cam-2', '100'],
    ]);
    expect(of(failed, 'run')[0]!.tags).to.include({ suite: 'adhoc', channel: 'dev', arm: 'candidate' });
    expect(of(failed, 'board').map(({ tags }) => tags.attempt)).to.deep.equal(['1', '2']);
  });

  it('sums a run up a board', () => {
    expect(good.failures).to.deep.equal([]);
    const [first] = of(good, 'run');
    const rates = good.measurements.filter((one) => one.name === 'decode_rate' && one.board === 'cam-1');
    expect(rates).to.have.length(2);
    expect(first!.fields).to.include({
      verdict: 'pass',
      passed: 1n,
      failed_product: 0n,
      failed_infra: 0n,
      failed_other: 0n,
      attempts: 1n,
      run_id: good.run.id,
      report: good.run.id,
      tokens_total: 12n,
      tokens_equal: 12n,
    });
    expect(first!.fields.decode_rate).to.be.closeTo(
      Math.sqrt(rates[0]!.value * rates[1]!.value),
      1e-9 * rates[0]!.value,
    );
    const { fields } = of(withPeaks(good, [5, 7, 6]), 'run')[1]!;
    expect(fields.psram_peak).to.equal(7);
    expect(first!.fields).not.to.have.property('message');
  });

  it('names where the report is served, when that is known', () => {
    const [point] = pointsOf(good, { reportBase: 'https://lab.example/runs/' });
    expect(point!.fields.report).to.equal(`https://lab.example/runs/${good.run.id}/`);
  });

  it('has a point of every measured generation, with its own values', () => {
    const points = of(good, 'generation');
    expect(points).to.have.length(2 * 2 * 2);
    for (const [index, { fields, tags }] of points.entries()) {
      const { repeat, measured, board } = good.generations[index]!;
      expect(tags).to.include({ repeat: String(repeat), board });
      expect(fields).to.include({ ...measured, tokens_equal: 1n, logits_equal: 1n });
    }
    expect(of(wrong, 'generation').map(({ fields }) => fields.logits_equal)).to.deep.equal([0n, 0n]);
  });

  it('has quality of every board that is conform to the bit, and of no other', () => {
    const { quality } = good;
    for (const { fields } of of(good, 'quality')) {
      expect(fields).to.include({
        kl_mean: quality!.klMean,
        perplexity_ratio: Math.exp(quality!.lnPerplexityRatio),
        positions: BigInt(quality!.positions),
      });
    }
    expect(of(good, 'quality').map(({ tags }) => tags.board)).to.deep.equal(['cam-1', 'cam-2']);
    expect(wrong.quality).not.to.equal(undefined);
    expect(of(wrong, 'quality')).to.deep.equal([]);
    expect(of(failed, 'quality')).to.deep.equal([]);
  });

  it('has no quality of a board that did not come to every prompt, or took no CRCs', () => {
    const conformity = good.conformity.slice(1);
    expect(of({ ...good, conformity }, 'quality').map(({ tags }) => tags.board)).to.deep.equal(['cam-2']);
    const untaken = good.conformity.map(({ logitsEqual: _, ...row }) => row);
    expect(of({ ...good, conformity: untaken }, 'quality')).to.deep.equal([]);
  });

  it('says what every attempt took, and leaves out what it did not come to', () => {
    const [first] = of(good, 'board');
    const { provision, flash, uart } = good.attempts![0]!;
    expect(first!.fields).to.include({
      flash_ms: flash!.elapsedMs,
      provision_ms: provision!.elapsedUs! / 1000,
      provision_bytes: BigInt(provision!.bytesSent!),
      uart_bytes: BigInt(uart!.bytes),
      infra_failed: 0n,
      remade: 0n,
    });
    expect(first!.fields).not.to.have.property('failure');
    const [lost] = of(failed, 'board');
    expect(lost!.fields).to.include({ infra_failed: 1n, failure: failed.attempts![0]!.failure!.code! });
    expect(lost!.fields).not.to.have.any.keys('load_ms', 'provision_ms', 'remade', 'wire_efficiency');
  });

  it('moves no point of an attempt when a board is tried again', () => {
    const again = { ...good.attempts![0]!, attempt: 2 };
    const [first, second] = good.attempts!;
    const points = of({ ...good, attempts: [first!, again, second!] }, 'board');
    expect(points.slice(0, 2)).to.deep.equal(of(good, 'board'));
    expect(points.map(({ tags }) => [tags.board, tags.attempt])).to.deep.equal([
      ['cam-1', '1'],
      ['cam-2', '1'],
      ['cam-1', '2'],
    ]);
  });

  it('says of a failed run why, and nothing that was not measured', () => {
    expect(failed.verdict).to.equal('infra-fail');
    const { fields } = of(failed, 'run')[0]!;
    expect(fields).to.include({ verdict: 'infra-fail', passed: 0n, failed_infra: 1n, attempts: 2n });
    expect(fields.message).to.equal(failed.failures[0]!.message);
    expect(fields).not.to.have.any.keys('decode_rate', 'psram_peak', 'tokens_total', 'time_to_first_token');
    expect(of(failed, 'generation')).to.deep.equal([]);
    const product = { verdict: 'product-fail', failed_product: 1n, failed_infra: 0n, failed_other: 0n };
    expect(of(wrong, 'run')[0]!.fields).to.include(product);
  });

  it('gives each board its own verdict, and what concerns none to all', () => {
    const mine = { class: 'product-fail', message: 'cam-1 is wrong', board: 'cam-1' } as const;
    const verdict = 'product-fail';
    const [first, second] = of({ ...good, verdict, failures: [mine] }, 'run');
    expect(first!.fields).to.include({ verdict, passed: 0n, failed_product: 1n, message: mine.message });
    expect(second!.fields).to.include({ verdict: 'pass', passed: 1n, failed_product: 0n, failed_infra: 0n });
    expect(second!.fields).not.to.have.property('message');
    const lost = { class: 'infra-fail', message: 'no link', board: 'cam-2' } as const;
    const points = of({ ...good, verdict: 'infra-fail', failures: [lost, mine] }, 'run');
    expect(points.map(({ fields }) => [fields.verdict, fields.message])).to.deep.equal([
      ['product-fail', 'cam-1 is wrong'],
      ['infra-fail', 'no link'],
    ]);
    const failures = [{ class: verdict, message: 'all' } as const];
    const all = of({ ...good, verdict, failures }, 'run');
    expect(all.map(({ fields }) => fields.message)).to.deep.equal(['all', 'all']);
  });

  it('marks only the board that failed of a real run on two', async () => {
    const expectation = { kind: 'at-least', measurement: 'decode_rate', bound: 0 } as const;
    const rates = of(good, 'run').map(({ fields }) => Number(fields.decode_rate));
    const path = join(good.run.folder, 'plan.json');
    const plan = await readFile(path, 'utf8');
    const [low, high] = rates.toSorted((a, b) => a - b);
    expect(high).to.be.greaterThan(low!);
    const expectations = [{ ...expectation, bound: Math.sqrt(low! * high!) }];
    await writeFile(path, JSON.stringify({ ...JSON.parse(plan), expectations }));
    const result = await deriveResult(await RunFolder.open(good.run.folder));
    await writeFile(path, plan);
    expect(result.verdict).to.equal('product-fail');
    const verdicts = of(result, 'run').map(({ fields }) => fields.verdict);
    expect(verdicts).to.deep.equal(rates.map((rate) => (rate === high ? 'pass' : 'product-fail')));
  });

  it('shortens a long message, and counts the other verdicts together', () => {
    const failures = [{ class: 'inconclusive', message: '🦊'.repeat(300) }] as const;
    const { fields } = of({ ...good, verdict: 'inconclusive', failures }, 'run')[0]!;
    expect(fields.message).to.equal(`${'🦊'.repeat(199)}…`);
    expect(fields).to.include({ passed: 0n, failed_product: 0n, failed_infra: 0n, failed_other: 1n });
  });

  it('makes what it can of a result of an older version', () => {
    const { labels: _, attempts: __, card: ___, quality: ____, ...rest } = good;
    const older: RunResult = {
      ...rest,
      boards: good.boards.map(({ chipRevision: _____, ...board }) => board),
      generations: good.generations.map(({ measured: ______, ...one }) => one),
    };
    const [point] = of(older, 'run');
    expect(point!.tags).to.include({ suite: 'adhoc' }).and.not.have.property('chip_rev');
    expect(point!.fields).not.to.have.any.keys('attempts', 'card_bytes');
    expect(of(older, 'generation')[0]!.fields).to.have.all.keys(
      ...['run_id', 'build', 'tokens_equal', 'logits_equal'],
    );
    expect(of(older, 'board')).to.deep.equal([]);
  });

  it('has nothing of a run that never came to an attempt', () => {
    expect(pointsOf({ ...good, run: { ...good.run, startedAt: '' } })).to.deep.equal([]);
  });
});
