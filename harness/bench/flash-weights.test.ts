import { cp, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import type { AckRecord } from '../board/records.js';
import { failureOf } from '../board/testing/bench.js';
import { exportCard } from '../model/export-card.js';
import { packModel } from '../model/pack-model.js';
import { sectorBytes } from '../virtual/flash-chip.js';
import { STRATEGIES } from './knobs.js';
import { CardBench, type CardSession } from './testing/card-bench.js';
import { changeByte, patch } from './testing/damage.js';
import { littleStories, maxTokens, promptIds, referenceTokens } from './testing/good-folders.js';

/** firmware/partitions.csv */
const weightsAt = 0x150000;
const weightsBytes = 0x2b0000;

/** Knob `resident`: the layers in the partition, and nothing else. */
const layersInFlash = 8;

interface Life {
  readonly flashed: AckRecord['flashed'];
  readonly tokens: readonly number[];
}

describe('layers in the weights partition', function () {
  this.timeout(180_000);
  let bench: CardBench;
  let expected: readonly number[];
  let layerBytes = 0;

  before(async () => {
    bench = await CardBench.make();
    const model = packModel(await littleStories(), 'float32');
    expected = referenceTokens(model);
    const { q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj } = model.tensors;
    for (const { bytes } of [q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj])
      layerBytes += bytes.length;
    await exportCard(model, join(bench.card, 'good'));
    await exportCard(packModel(await littleStories(), 'int8'), join(bench.card, 'other'));
  });
  after(() => bench?.[Symbol.asyncDispose]());

  /** A copy of the good folder, the manifest too. */
  async function copyGood(name: string): Promise<string> {
    const copy = join(bench.card, name);
    await rm(copy, { recursive: true, force: true });
    await mkdir(copy);
    await cp(join(bench.card, 'good'), copy, { recursive: true });
    return copy;
  }

  async function load({ console }: CardSession, folder: string): Promise<AckRecord> {
    await console.setKnob('context', 64);
    await console.setKnob('strategy', STRATEGIES.indexOf('fast'));
    await console.setKnob('resident', layersInFlash);
    return console.load(folder);
  }

  async function run(session: CardSession, folder: string): Promise<Life> {
    const { flashed } = await load(session, folder);
    expect((await session.console.info()).place).to.include({ layers: 'flash', layer_bytes: layerBytes });
    await session.console.sendPrompt(promptIds);
    const { tokens } = await session.console.generate({ max: maxTokens, eos: false });
    return { flashed, tokens: tokens.map(({ id }) => id) };
  }

  const live = (folder: string): Promise<Life> => bench.withBoard((session) => run(session, folder));

  /** Changes a byte of the chip while it has no power. */
  async function disturb(at: number): Promise<void> {
    const offset = sectorBytes + weightsAt + at;
    await patch(dirname(bench.flashFile), basename(bench.flashFile), offset, (byte) => byte ^ 0x10);
  }

  it('are programmed once, and again after a byte of them or of their record was changed', async () => {
    const programmed = (await live('good')).flashed;
    expect(programmed).to.be.above(layerBytes);
    const kept = { flashed: undefined, tokens: expected };
    expect(await live('good')).to.deep.equal(kept);
    for (const at of [0, layerBytes - 1, weightsBytes - sectorBytes + 8]) {
      await disturb(at);
      expect(await live('good'), `byte ${at}`).to.deep.equal({ flashed: programmed, tokens: expected });
      expect(await live('good')).to.deep.equal(kept);
    }
  });

  it('are not there after a sector on their way could not be read, and whole when another card brings them', async () => {
    await copyGood('worn');
    await bench.withBoard(
      async (session) => {
        await load(session, 'other');
        const { refusal } = (await failureOf(load(session, 'worn'))).details;
        expect(refusal).to.include({ code: 'card_read', msg: 'worn/o_proj.bin could not be read' });
        const life = await run(session, 'good');
        expect(life.flashed).to.be.above(layerBytes);
        expect(life.tokens).to.deep.equal(expected);
      },
      { cardFaults: [{ path: 'worn/o_proj.bin', offset: 9000 }] },
    );
  });

  it('are refused when they are not what the manifest says, so that they never pass for the good ones', async () => {
    await changeByte(await copyGood('changed'));
    await bench.withBoard(async (session) => {
      await load(session, 'other');
      const { refusal } = (await failureOf(load(session, 'changed'))).details;
      const msg = 'changed/gate_proj.bin is not what manifest.json says';
      expect(refusal).to.include({ code: 'bad_hash', msg });
      expect((await run(session, 'good')).tokens).to.deep.equal(expected);
    });
  });
});
