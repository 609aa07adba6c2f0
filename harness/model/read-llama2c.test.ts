import { appendFile, truncate, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { TENSOR_NAMES } from './checkpoint.js';
import { refusal, smallModel, temporaryFolder, writeLlama2c } from './model-fixtures.js';
import { readCheckpoint } from './read-checkpoint.js';
import { toHalvesOrder } from './rope-order.js';

/** llama2.c knows no head size of its own. */
const SHAPE = { hiddenSize: 16, headSize: 4, heads: 4, kvHeads: 2 };

describe('readLlama2c', () => {
  const at = temporaryFolder();

  for (const tiedHead of [true, false]) {
    it(`reads a checkpoint whose head is ${tiedHead ? 'tied' : 'not tied'}, past its RoPE tables, with q and k reordered`, async () => {
      const model = smallModel({ ...SHAPE, tiedHead });
      await writeLlama2c(at('small.bin'), model);
      const read = await readCheckpoint(at('small.bin'));
      expect(read.config).to.deep.equal(model.config);
      expect(read.name).to.equal('small');
      for (const name of TENSOR_NAMES) {
        const stored = model.tensors[name];
        const turned = name === 'q_proj' || name === 'k_proj';
        expect(read.tensors[name], name).to.deep.equal(turned ? toHalvesOrder(stored, 4, 16) : stored);
      }
      expect(read.tensors.lm_head === read.tensors.embed_tokens).to.equal(tiedHead);
    });
  }

  it('says how many bytes a truncated file should have and has', async () => {
    await writeLlama2c(at('cut.bin'), smallModel(SHAPE));
    const message = async () => (await refusal(() => readCheckpoint(at('cut.bin')))).message;
    await appendFile(at('cut.bin'), 'x');
    const tooLong = await message();
    const [expected, found] = tooLong.match(/\d+(?= bytes)|\d+$/g)!.map(Number) as [number, number];
    expect(found).to.equal(expected + 1);
    expect(tooLong).to.contain('is too long');
    for (const size of [expected - 1, 1000, 28]) {
      await truncate(at('cut.bin'), size);
      expect(await message()).to.match(
        new RegExp(`cut.bin is truncated: expected ${expected} bytes .* found ${size}$`),
      );
    }
    await truncate(at('cut.bin'), 27);
    expect(await message()).to.contain('expected 28 bytes');
  });

  it('names the tensor and the index of a NaN', async () => {
    const model = smallModel(SHAPE);
    model.tensors.up_proj[37] = Number.NaN;
    await writeLlama2c(at('nan.bin'), model);
    const { code, message } = await refusal(() => readCheckpoint(at('nan.bin')));
    expect(code).to.equal('weight-not-finite');
    expect(message).to.contain('nan.bin: weight up_proj[37] is NaN');
  });

  it('refuses what is no checkpoint, impossible heads, and later versions', async () => {
    await writeFile(at('text.bin'), 'Once upon a time, there was a little girl named Lily.');
    expect((await refusal(() => readCheckpoint(at('text.bin')))).code).to.equal('model-config');
    const header = Int32Array.of(16, 10, 1, 4, 3, 20, 16);
    await writeFile(at('heads.bin'), new Uint8Array(header.buffer));
    expect((await refusal(() => readCheckpoint(at('heads.bin')))).message).to.contain(
      '4 heads cannot share 3 key-value heads',
    );
    await writeFile(at('v1.bin'), new Uint8Array(Int32Array.of(0x616b3432, 1, 0, 0, 0, 0, 0).buffer));
    expect((await refusal(() => readCheckpoint(at('v1.bin')))).message).to.match(
      /llama2\.c version 1; export it as version 0/,
    );
  });
});
