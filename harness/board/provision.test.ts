import { cp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { CardBench, cardSource, contentOf } from '../bench/testing/card-bench.js';
import { ConfigError } from '../errors.js';
import { exportCard } from '../model/export-card.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';
import { provision } from './provision.js';
import { failureOf } from './testing/bench.js';

const name = 'tinyllm_float32_weights';

/** The folder of a model, and the same with another `down_proj`. */
async function exportBoth(bench: CardBench): Promise<{ first: string; second: string }> {
  const model = await readCheckpoint(join(packageRoot, 'fixtures', 'models', 'little-stories'));
  const first = join(bench.folder, 'first');
  const second = join(bench.folder, 'second');
  await exportCard(model, first);
  const down_proj = model.tensors.down_proj.map((value) => value * 1.5);
  await exportCard({ ...model, tensors: { ...model.tensors, down_proj } }, second);
  return { first, second };
}

describe('provisioning over UART', function () {
  this.timeout(60_000);
  let bench: CardBench;
  let first = '';
  let second = '';

  before(async () => {
    bench = await CardBench.make();
    ({ first, second } = await exportBoth(bench));
  });
  after(() => bench[Symbol.asyncDispose]());
  beforeEach(() => bench.wipe());

  const inUse = () => contentOf(join(bench.card, name));

  it('fills an empty card, which then loads and agrees to the byte', async () => {
    const source = await cardSource(first, name);
    const result = await bench.withBoard(async ({ console, board }) => {
      const made = await provision(console, source);
      expect((await console.load(name)).reads).to.be.above(0);
      expect(board.counters().uartOverruns).to.equal(0);
      return made;
    });
    expect(result.findings).to.have.length(1);
    expect(result.findings[0]).to.match(/^the card reads 3\.\d\d MB\/s; the seeds ask for class 10/);
    expect(await inUse()).to.deep.equal(await contentOf(first));
    expect(await contentOf(join(bench.card, `${name}.part`))).to.equal(undefined);
    expect(result).to.include({ filesChanged: source.files.length, retries: 0 });
    expect(result.wireEfficiency).to.be.within(0.7, 1);
  });

  it('sends only hashes when nothing changed', async () => {
    await cp(first, join(bench.card, name), { recursive: true });
    const source = await cardSource(first, name);
    const result = await bench.withBoard(({ console }) => provision(console, source));
    expect(result).to.include({ filesChanged: 0, bytesSent: 0, wireBytes: 0, blocksSent: 0 });
    expect(result.hashesCompared).to.equal(result.blocksEqual).and.above(100);
  });

  it('sends one changed tensor and little more', async () => {
    await cp(first, join(bench.card, name), { recursive: true });
    const source = await cardSource(second, name);
    const result = await bench.withBoard(({ console }) => provision(console, source));
    const tensor = (await stat(join(second, 'down_proj.bin'))).size;
    expect(await inUse()).to.deep.equal(await contentOf(second));
    expect(result.filesChanged, 'the tensor and the manifest').to.equal(2);
    expect(result.wireBytes / tensor).to.be.below(1.1);
  });

  it('refuses a folder that lacks a file of its manifest, and leaves the card as it was', async () => {
    const whole = join(bench.folder, 'incomplete');
    await cp(first, whole, { recursive: true });
    const source = await cardSource(whole, name);
    await rm(join(whole, 'q_proj.bin'));
    const before = await inUse();
    const failure = await bench
      .withBoard(({ console }) => provision(console, source))
      .then(
        () => undefined,
        (error: unknown) => error,
      );
    expect(failure).to.be.instanceOf(ConfigError).and.to.have.property('code', 'card-incomplete');
    expect((failure as ConfigError).message).to.contain('q_proj.bin');
    expect(await inUse()).to.deep.equal(before);
  });

  it('lets the board copy the blocks of a file that stayed as they were', async () => {
    await cp(first, join(bench.card, name), { recursive: true });
    const patched = join(bench.folder, 'patched');
    await cp(first, patched, { recursive: true });
    const bytes = await readFile(join(patched, 'embed_tokens.bin'));
    bytes[50_000]! ^= 1;
    await writeFile(join(patched, 'embed_tokens.bin'), bytes);
    const source = await cardSource(patched, name);
    const result = await bench.withBoard(({ console }) => provision(console, source));
    expect(await inUse()).to.deep.equal(await contentOf(patched));
    expect(result.blocksSent, 'the block, and the list').to.equal(2);
  });

  it('refuses a card that is too full before it sends anything', async () => {
    const source = await cardSource(first, name);
    const error = await bench.withBoard(
      ({ console }) => provision(console, source).catch((e: unknown) => e),
      {
        cardBytes: 300_000,
      },
    );
    expect(error).to.include({ code: 'card-too-full', failureClass: 'infra-fail' });
    expect(await inUse()).to.equal(undefined);
  });

  it('refuses a locked card', async () => {
    const source = await cardSource(first, name);
    const error = await bench.withBoard(({ console }) => failureOf(provision(console, source)), {
      cardWritable: false,
    });
    expect(error.details.refusal?.code).to.equal('read_only');
  });

  it('says what is staged and what is not whole, and does not use it', async () => {
    const source = await cardSource(first, name);
    await bench.withBoard(({ console }) => provision(console, source));
    const before = await inUse();
    const stage = join(bench.card, `${name}.part`);
    await cp(second, stage, { recursive: true });
    await writeFile(join(stage, 'switch.txt'), 'nonsense');
    await bench.withBoard(async ({ console }) => {
      const error = await failureOf(console.card.use(name));
      expect(error.details.refusal).to.include({ code: 'bad_card' });
      expect(error.message).to.contain(`${name} is half provisioned: switch.txt is damaged`);
      await console.load(name);
      expect(await inUse()).to.deep.equal(before);
      await provision(console, await cardSource(second, name));
      expect(await inUse()).to.deep.equal(await contentOf(second));
    });
  });

  it('never loads a folder whose switch is neither done nor to be done', async () => {
    const source = await cardSource(first, name);
    await bench.withBoard(({ console }) => provision(console, source));
    await bench.withBoard(async ({ console }) => {
      // A switch that had begun, and whose staged file somebody took away.
      const other = await cardSource(second, name);
      await provision(console, other);
    });
    const stage = join(bench.card, `${name}.part`);
    await cp(join(first, 'q_proj.bin'), join(stage, 'q_proj.bin'));
    const list = await switchListOf(first);
    await writeFile(join(stage, 'commit.txt'), list);
    await rm(join(bench.card, name, 'k_proj.bin'));
    await bench.withBoard(async ({ console }) => {
      const error = await failureOf(console.load(name));
      expect(error.details.refusal).to.include({ code: 'bad_card' });
      expect(error.message).to.contain('k_proj.bin');
      await provision(console, source);
      await console.load(name);
    });
    expect(await inUse()).to.deep.equal(await contentOf(first));
  });

  it('refuses a folder without a manifest, unless it is told to do without', async () => {
    await cp(first, join(bench.card, name), { recursive: true });
    await rename(join(bench.card, name, 'manifest.json'), join(bench.folder, 'manifest.json'));
    await bench.withBoard(async ({ console }) => {
      expect((await failureOf(console.load(name))).details.refusal).to.include({ code: 'bad_card' });
      await console.load(name, { bare: true });
      expect((await console.info()).model?.manifest).to.equal('-');
    });
  });
});

async function switchListOf(folder: string): Promise<Uint8Array> {
  const { switchList, wantedFile } = await import('./provision-plan.js');
  const { files } = await cardSource(folder, name);
  return switchList(
    await Promise.all(files.map(async (file) => wantedFile(file, await readFile(join(folder, file))))),
  );
}
