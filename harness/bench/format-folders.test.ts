import { join } from 'node:path';
import { expect } from 'chai';
import { exportCard } from '../model/export-card.js';
import { packModel } from '../model/pack-model.js';
import { cardFolderName, type WeightFormat } from '../model/weight-format.js';
import { generateReference } from '../reference/generate.js';
import { createOracle } from '../reference/oracle.js';
import { CardBench, type CardSession } from './testing/card-bench.js';
import { littleStories, maxTokens, promptIds } from './testing/good-folders.js';

/** Two folders of the seeds' names on one card, and one build that stays in flash. */
describe('float32 and int8 on one card', function () {
  this.timeout(60_000);
  let bench: CardBench;
  let session: CardSession & AsyncDisposable;
  const expected = new Map<WeightFormat, { readonly tokensCrc: string; readonly logitsCrc: string }>();

  before(async () => {
    bench = await CardBench.make();
    const model = await littleStories();
    for (const format of ['float32', 'int8'] as const) {
      const packed = packModel(model, format);
      await exportCard(packed, join(bench.card, cardFolderName(format)));
      const oracle = createOracle(packed, { contextLength: 64 });
      expected.set(
        format,
        generateReference(oracle, promptIds, {
          maxTokens,
          temperature: 0,
          topK: 0,
          seed: 0,
          stopAtEnd: false,
          eosIds: [],
        }),
      );
    }
    session = await bench.open();
    await session.console.setKnob('context', 64);
  });
  after(async () => {
    await session?.[Symbol.asyncDispose]();
    await bench?.[Symbol.asyncDispose]();
  });

  async function generate(format: WeightFormat): Promise<{ format: string; tokens: string; logits: string }> {
    const { console } = session;
    await console.load(cardFolderName(format));
    const { model } = await console.info();
    await console.sendPrompt(promptIds);
    const { done } = await console.generate({ max: maxTokens, eos: false });
    return { format: model!.format, tokens: done.tokens_crc, logits: done.logits_crc! };
  }

  for (const strategy of ['seed', 'fast'] as const) {
    it(`are switched by the folder's name, without a new flash (${strategy})`, async () => {
      const { console } = session;
      await console.setKnob('strategy', strategy === 'fast' ? 1 : 0);
      const before = (await console.info()).info;
      for (const format of ['float32', 'int8', 'float32'] as const) {
        const { tokensCrc, logitsCrc } = expected.get(format)!;
        expect(await generate(format)).to.deep.equal({ format, tokens: tokensCrc, logits: logitsCrc });
      }
      const after = (await console.info()).info;
      expect(after.elf).to.equal(before.elf);
      expect(after.us, 'the board went on without a reset').to.be.above(before.us);
    });
  }

  it('give other logits: the formats are not the same model by accident', () => {
    expect(expected.get('int8')!.logitsCrc).not.to.equal(expected.get('float32')!.logitsCrc);
  });
});
