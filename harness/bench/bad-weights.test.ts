import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { failureOf } from '../board/testing/bench.js';
import { packModel } from '../model/pack-model.js';
import type { VirtualBoard } from '../virtual/virtual-board.js';
import { STRATEGIES } from './knobs.js';
import { CardBench, type CardSession } from './testing/card-bench.js';
import { byteChange, changeByte } from './testing/damage.js';
import {
  type GoodFolder,
  littleStories,
  maxTokens,
  promptIds,
  referenceTokens,
  writeGoodFolders,
} from './testing/good-folders.js';
import { type WeightFault, weightFaults } from './testing/weight-faults.js';

type Strategy = (typeof STRATEGIES)[number];

/** One board and one card, which has a folder for every fault beside those that are good. */
describe('bad weights on the card', function () {
  this.timeout(180_000);
  let bench: CardBench;
  let session: CardSession & AsyncDisposable;
  /** All that the board said. */
  let log = '';
  let expected: Record<GoodFolder, readonly number[]>;
  /** Free PSRAM and heap without a model. */
  let unloaded: readonly number[];

  const folderOf = (fault: WeightFault): string => `fault-${weightFaults.indexOf(fault)}`;

  before(async () => {
    bench = await CardBench.make();
    expected = await writeGoodFolders(await littleStories(), bench.card);
    for (const fault of weightFaults) {
      const folder = join(bench.card, folderOf(fault));
      await cp(join(bench.card, fault.of), folder, { recursive: true });
      await fault.damage?.(folder);
    }
    const cardFaults = weightFaults.flatMap((fault) =>
      fault.unreadable === undefined
        ? []
        : [{ path: `${folderOf(fault)}/${fault.unreadable[0]}`, offset: fault.unreadable[1] }],
    );
    const atBoot = join(bench.card, 'tinyllm_float32_weights');
    await cp(join(bench.card, 'float32'), atBoot, { recursive: true });
    await rm(join(atBoot, 'v_proj.bin'));
    const wire = (board: VirtualBoard): VirtualBoard => {
      board.onBytes((bytes) => {
        log += Buffer.from(bytes).toString('latin1');
      });
      return board;
    };
    session = await bench.open({ cardFaults, wire });
    await session.console.setKnob('context', 64);
    await failureOf(session.console.load('no_such_folder'));
    unloaded = await free();
  });
  after(async () => {
    await session?.[Symbol.asyncDispose]();
    await bench?.[Symbol.asyncDispose]();
  });

  async function free(): Promise<readonly number[]> {
    const { mem } = await session.console.info();
    return [mem.psram_free, mem.heap_free];
  }

  async function generate(): Promise<readonly number[]> {
    await session.console.sendPrompt(promptIds);
    const { tokens } = await session.console.generate({ max: maxTokens, eos: false });
    return tokens.map(({ id }) => id);
  }

  async function choose(strategy: Strategy, { resident = 31 }: WeightFault): Promise<void> {
    await session.console.setKnob('strategy', STRATEGIES.indexOf(strategy));
    await session.console.setKnob('resident', resident);
  }

  /** Loads the folder that the fault's was made of: what it generates, and the memory that it leaves. */
  async function tryGood({ of }: WeightFault): Promise<unknown> {
    await session.console.load(of);
    return { tokens: await generate(), free: await free() };
  }

  async function meet(fault: WeightFault, shows: 'load' | 'generate'): Promise<void> {
    const { console } = session;
    const loading = () => console.load(folderOf(fault), { verify: fault.verify ?? false });
    if (shows === 'generate') await loading();
    const error = await failureOf(shows === 'load' ? loading() : generate());
    expect(error.details.refusal).to.include({ code: fault.code, msg: folderOf(fault) + fault.says });
    expect(error.failureClass).to.equal('infra-fail');
    if (shows === 'generate') return;
    expect((await console.info()).model, 'no model is left').to.equal(undefined);
    expect(await free(), 'memory after a failed load').to.deep.equal(unloaded);
  }

  it('are named in the log when they are met at boot, and the board waits for a load', () => {
    const said =
      'No model loaded (no_file: tinyllm_float32_weights/v_proj.bin is not on the card), waiting for load';
    expect(log).to.contain(said);
  });

  for (const strategy of STRATEGIES) {
    it(`runs a byte that nobody verified as it is (${strategy})`, async () => {
      const model = await littleStories();
      const changed = new Uint8Array(model.tensors[byteChange.tensor].slice().buffer);
      changed[byteChange.at]! ^= byteChange.xor;
      const tensors = { ...model.tensors, [byteChange.tensor]: new Float32Array(changed.buffer) };
      const others = referenceTokens(packModel({ ...model, tensors }, 'float32'));
      const fault = weightFaults.find(({ damage }) => damage === changeByte)!;
      await choose(strategy, fault);
      await session.console.load(folderOf(fault));
      expect(await generate())
        .to.deep.equal(others)
        .and.not.to.deep.equal(expected.float32);
    });
  }

  for (const fault of weightFaults) {
    for (const strategy of STRATEGIES) {
      const shows = fault.shows[strategy];
      if (shows === undefined) continue;
      it(`is named at ${shows}, and harms no other model: ${fault.title} (${strategy})`, async () => {
        await choose(strategy, fault);
        const before = await tryGood(fault);
        expect(before).to.deep.include({ tokens: expected[fault.of] });
        await meet(fault, shows);
        expect(await tryGood(fault)).to.deep.equal(before);
      });
    }
  }
});
