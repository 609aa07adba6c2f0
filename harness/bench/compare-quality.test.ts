import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { exportCard } from '../model/export-card.js';
import { packModel } from '../model/pack-model.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { readRack } from '../rack/rack-file.js';
import { createOracle } from '../reference/oracle.js';
import { scoreReference } from '../reference/score.js';
import type { ReferencePrompt } from '../results/reference-run.js';
import type { RunResult } from '../results/result.js';
import { RunFolder } from '../results/run-folder.js';
import { samplePlan, sampleReference } from '../results/testing/sample-run.js';
import { compareQuality } from './compare-quality.js';
import { deriveResult } from './derive.js';
import type { BenchEvent } from './events.js';
import { runScenario } from './run-scenario.js';
import { parseScenario, type ScenarioInput } from './scenario-spec.js';

const model = join(packageRoot, 'fixtures', 'models', 'little-stories');
const texts = [
  { ids: [1, 40, 7, 300], made: [9, 8, 7] },
  { ids: [5], made: [6] },
];
const plan = samplePlan({ prompts: texts.map(({ ids }) => ({ text: '', ids })) });
const reference: ReferencePrompt[] = texts.map(({ made }) => ({
  ...sampleReference(),
  steps: made.map((id) => ({ id, logProbabilityBits: '', logitsCrc: '', top5: [] })),
}));

describe('compareQuality', () => {
  const compare = async (format: 'float32' | 'int8', signal?: AbortSignal) => {
    const float32 = await readCheckpoint(model);
    const packed = packModel(float32, { default: format });
    return compareQuality(plan, reference, { float32, packed }, () => {}, signal);
  };

  it('finds no difference between a model and itself', async () => {
    expect(await compare('float32')).to.deep.include({
      prompts: 2,
      klMean: 0,
      klP99: 0,
      topTokenAgreement: 1,
      lnPerplexityRatio: 0,
      maxAbsDelta: 0,
      findings: [],
    });
  });

  it('compares every position but the first of each text, with the text as it is fed', async () => {
    const quality = (await compare('int8'))!;
    expect(quality.positions).to.equal(6 + 1);
    const checkpoint = await readCheckpoint(model);
    const lossOf = (one: Parameters<typeof createOracle>[0]): number => {
      const oracle = createOracle(one, { contextLength: 32 });
      const scored = texts.flatMap(({ ids, made }) => scoreReference(oracle, [...ids, ...made]).positions);
      return -scored.reduce((sum, position) => sum + position.logProbability, 0) / scored.length;
    };
    const expected = lossOf(packModel(checkpoint, { default: 'int8' })) - lossOf(checkpoint);
    expect(expected).not.to.equal(0);
    // The score's log-probabilities are rounded to binary32, whose step below 16 is 2^-20.
    expect(quality.lnPerplexityRatio).to.be.closeTo(expected, 2 ** -20);
    expect(quality.klMean).to.be.greaterThan(0);
    expect(quality.maxAbsDelta).to.be.greaterThan(0);
  });

  it('tells of every prompt, and lets others have their turn meanwhile', async () => {
    const told: number[] = [];
    const float32 = await readCheckpoint(model);
    const packed = packModel(float32, { default: 'int8' });
    let turns = 0;
    let turn: NodeJS.Immediate | undefined;
    const take = (): void => {
      turns++;
      turn = setImmediate(take);
    };
    take();
    const quality = await compareQuality(plan, reference, { float32, packed }, (done) => told.push(done));
    clearImmediate(turn);
    expect(told).to.deep.equal([1, 2]);
    expect(turns).to.be.least(quality!.positions);
  });

  it('stops when it is told to', async () => {
    const stopped = await compare('int8', AbortSignal.abort(new Error('enough'))).catch((error) => error);
    expect(stopped).to.be.instanceOf(Error).and.have.property('message', 'enough');
  });
});

describe('a run that asks for quality', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-quality-'));
  });
  after(() => rm(folder, { recursive: true }));

  async function run(
    input: ScenarioInput,
    onEvent: (event: BenchEvent) => void = () => {},
  ): Promise<RunResult> {
    const generate = { tokens: 3 };
    const spec = parseScenario('quality', {
      model,
      prompts: ['Once', 'The fox'],
      generate,
      repeats: 1,
      quality: true,
      ...input,
    });
    return runScenario('quality', spec, [], {
      rack: await readRack(join(packageRoot, 'fixtures', 'racks', 'virtual.yaml')),
      boards: ['cam-1'],
      retries: 0,
      stateFolder: join(folder, 'state'),
      runsFolder: join(folder, 'runs'),
      onEvent,
    });
  }

  const summaryOf = (result: RunResult) => readFile(join(result.run.folder, 'summary.txt'), 'utf8');

  it('keeps what the format costs, says so in its summary, and tells how far it is', async () => {
    const told: unknown[] = [];
    const result = await run({ format: 'int4' }, (event) => {
      if (event.type === 'quality') told.push(event);
    });
    const { quality } = JSON.parse(await readFile(join(result.run.folder, 'reference.json'), 'utf8'));
    expect(result.quality).to.deep.equal(quality);
    expect(result.quality!.klMean).to.be.greaterThan(0);
    const { positions } = result.quality!;
    expect(await summaryOf(result)).to.match(
      new RegExp(
        `quality against float32 over ${positions} positions: mean KL \\d\\.\\de[-+]\\d+, top-1 [\\d.]+%, perplexity x \\d\\.\\d{4}\n`,
      ),
    );
    expect(told).to.deep.equal([1, 2].map((done) => ({ type: 'quality', done, total: 2 })));
  });

  it('has nothing to compare in float32, nor without being asked', async () => {
    for (const input of [{ format: 'float32' }, { format: 'int8', quality: false }] as const) {
      const result = await run(input);
      expect(result).not.to.have.property('quality');
      expect(await summaryOf(result)).not.to.contain('quality against');
    }
  });

  it('refuses a model of which float32 is lost, and takes a card folder in float32', async () => {
    const checkpoint = await readCheckpoint(model);
    const lost = join(folder, 'int8');
    await exportCard(packModel(checkpoint, { default: 'int8' }), lost);
    await withTokenizer(lost);
    for (const format of [undefined, 'int4'] as const) {
      const error = await run({ model: lost, ...(format === undefined ? {} : { format }) }).catch(
        (one) => one,
      );
      expect(error).to.be.instanceOf(ConfigError).and.include({ code: 'quality-base' });
    }
    const kept = join(folder, 'float32');
    await exportCard(checkpoint, kept);
    await withTokenizer(kept);
    expect((await run({ model: kept, format: 'int8' })).quality).not.to.equal(undefined);
  });

  async function withTokenizer(card: string): Promise<void> {
    await cp(join(model, 'tokenizer.json'), join(card, 'tokenizer.json'));
  }

  it('can be replayed with a reference.json from before there was such a thing', async () => {
    const result = await run({ format: 'int8' });
    const path = join(result.run.folder, 'reference.json');
    const { quality: _, ...older } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify(older));
    const { quality: __, ...expected } = result;
    expect(await deriveResult(await RunFolder.open(result.run.folder))).to.deep.equal(expected);
  });
});
