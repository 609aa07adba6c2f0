import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { readCardFolder } from './card-folder.js';
import { keptScreen } from './card-screen.js';
import { crc32Hex } from './crc32.js';
import { exportCard } from './export-card.js';
import { makeModel } from './make-model.js';
import { refusal, smallModel, temporaryFolder } from './model-fixtures.js';
import { modelHash } from './model-hash.js';
import { packModel } from './pack-model.js';
import { MATRIX_NAMES, type PackedModel } from './packed-model.js';
import { readPackedCard } from './read-card.js';
import { readCheckpoint } from './read-checkpoint.js';
import { buildScreen } from './screen.js';
import { unpackModel } from './unpack-model.js';
import { unpackTensor } from './unpack-tensor.js';
import { WEIGHT_FORMATS } from './weight-format.js';

const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

describe('a card of a packed model', () => {
  const at = temporaryFolder();

  function expectSame(found: PackedModel, expected: PackedModel): void {
    expect(found.config).to.deep.equal(expected.config);
    expect(found.weightFormat).to.equal(expected.weightFormat);
    expect(found.norms).to.deep.equal(expected.norms);
    for (const name of MATRIX_NAMES) {
      const { bytes, ...facts } = found.tensors[name];
      const { bytes: expectedBytes, ...expectedFacts } = expected.tensors[name];
      expect(facts, name).to.deep.equal(expectedFacts);
      expect(Buffer.compare(bytes, expectedBytes), name).to.equal(0);
    }
  }

  for (const format of WEIGHT_FORMATS) {
    it(`reads back equal to the bit in ${format}, tied or not, and as a float32 model`, async () => {
      for (const [i, shape] of [{}, { tiedHead: true }, { layers: 1, ffnSize: 37 }].entries()) {
        const packed = packModel(smallModel(shape, i), format);
        const folder = at(`${format}-${i}`);
        const card = await exportCard(packed, folder);
        expect(card.weightFormat).to.equal(format);
        const back = await readPackedCard(folder);
        expectSame(back, packed);
        expect(back.tensors.lm_head === back.tensors.embed_tokens).to.equal(i === 1);
        const checkpoint = await readCheckpoint(folder);
        expect(modelHash(checkpoint)).to.equal(modelHash(unpackModel(packed)));
        expect(checkpoint.source).to.deep.equal({ path: folder, format: 'card', dtype: format });
        expect(await readCardFolder(folder)).to.deep.equal(card);
      }
    });
  }

  const MIXED = { default: 'int4', tensors: { lm_head: 'int8', q_proj: 'float16', k_proj: 'int8' } } as const;

  it('says in model_config.json which tensors differ from the format of most', async () => {
    const packed = packModel(smallModel(), MIXED);
    const card = await exportCard(packed, at('mixed'));
    expect(card.weightFormat).to.equal('mixed');
    expect((await readJson(at('mixed', 'manifest.json'))).weight_format).to.equal('mixed');
    const config = await readJson(at('mixed', 'model_config.json'));
    const formats = Object.entries(config).filter(([key]) => key.endsWith('_format'));
    expect(Object.fromEntries(formats)).to.deep.equal({
      weight_format: 'int4',
      q_proj_format: 'float16',
      k_proj_format: 'int8',
      lm_head_format: 'int8',
    });
    const scales = await readJson(at('mixed', 'quantization_scales.json'));
    expect(Object.keys(scales)).to.deep.equal(['k_proj', 'lm_head']);
    expectSame(await readPackedCard(at('mixed')), packed);
    await exportCard(await readPackedCard(at('mixed')), at('mixed-again'));
    for (const name of await readdir(at('mixed'))) {
      const [first, again] = [await readFile(at('mixed', name)), await readFile(at('mixed-again', name))];
      expect(first.equals(again), name).to.equal(true);
    }
  });

  it('gives a tied head the format of the embedding, without a key of its own', async () => {
    const formats = { default: 'int4', tensors: { embed_tokens: 'int8' } } as const;
    const packed = packModel(smallModel({ tiedHead: true }), formats);
    await exportCard(packed, at('tied'));
    const config = await readJson(at('tied', 'model_config.json'));
    expect(config).to.include({ weight_format: 'int4', embed_tokens_format: 'int8' });
    expect(config).not.to.have.property('lm_head_format');
    expect(Object.keys(await readJson(at('tied', 'quantization_scales.json')))).to.deep.equal([
      'embed_tokens',
    ]);
    expectSame(await readPackedCard(at('tied')), packed);
  });

  it('lists the CRC-32 of every file', async () => {
    const card = await exportCard(packModel(smallModel(), 'int8'), at('crc'));
    expect(card.files.map(({ name }) => name)).to.include('quantization_scales.json');
    for (const { name, crc32 } of card.files) {
      expect(crc32, name).to.equal(crc32Hex(await readFile(at('crc', name))));
    }
    expect((await readJson(at('crc', 'manifest.json'))).files).to.deep.equal(card.files);
  });

  it('is named by its config alone where there is no manifest', async () => {
    await mkdir(at('bare'));
    const text = '{"weight_format": "int8", "tie_word_embeddings": true, "lm_head_format": "int4"}';
    await writeFile(at('bare', 'model_config.json'), text);
    expect((await readCardFolder(at('bare'))).weightFormat).to.equal('int8');
    await writeFile(at('bare', 'model_config.json'), text.replace('true', 'false'));
    expect((await readCardFolder(at('bare'))).weightFormat).to.equal('mixed');
  });

  it('gives way to one in another format, whose files it does not have', async () => {
    await exportCard(packModel(smallModel(), 'int8'), at('way'), { screen: true });
    await exportCard(packModel(smallModel(), 'int4'), at('way'));
    const names = await readdir(at('way'));
    expect(names).not.to.include('quantization_scales.json').and.not.to.include('lm_head.screen');
  });

  it('refuses scales that the firmware could not read, for a model with hundreds of layers', async () => {
    const packed = packModel(smallModel({ layers: 60 }), 'int8');
    const { code, message } = await refusal(() => exportCard(packed, at('deep')));
    expect(code).to.equal('card-json-size');
    expect(message).to.match(
      /quantization_scales\.json would have \d+ bytes; the firmware reads at most 4096/,
    );
  });
});

describe("a card's screen", () => {
  const at = temporaryFolder();
  const head = (model: PackedModel) => model.tensors.lm_head;

  it("is built from the head's values as stored, and written for heads of 1,048,576 weights or more", async () => {
    const large = packModel(smallModel({ hiddenSize: 64, headSize: 16, vocabSize: 16_384 }), 'int4');
    const card = await exportCard(large, at('large'));
    expect(card.files.map(({ name }) => name)).to.include('lm_head.screen');
    const expected = buildScreen(unpackTensor(head(large)), 16_384, 64);
    expect(Buffer.compare(await readFile(at('large', 'lm_head.screen')), expected)).to.equal(0);
    expect(await keptScreen(at('large'), large)).to.have.length(expected.length);
    const small = packModel(smallModel({ hiddenSize: 64, headSize: 16, vocabSize: 16_383 }), 'int4');
    expect((await exportCard(small, at('small'))).files.map(({ name }) => name)).not.to.include(
      'lm_head.screen',
    );
  });

  it('is written for a small head, or left out for a large one, on demand', async () => {
    const packed = packModel(smallModel({ tiedHead: true }), 'int8_row');
    await exportCard(packed, at('demand'), { screen: true });
    const expected = buildScreen(unpackTensor(head(packed)), 20, 12);
    expect(Buffer.compare(await readFile(at('demand', 'lm_head.screen')), expected)).to.equal(0);
    await exportCard(packed, at('demand'), { screen: false });
    expect(await readdir(at('demand'))).not.to.include('lm_head.screen');
  });

  it('is kept with a folder that is right, and mended in one that is not', async () => {
    const packed = packModel(smallModel(), 'int4');
    await exportCard(packed, at('kept'), { screen: true });
    const whole = await readFile(at('kept', 'lm_head.screen'));
    const { ino } = await stat(at('kept'));
    await exportCard(packed, at('kept'), { screen: true });
    expect((await stat(at('kept'))).ino).to.equal(ino);
    for (const damage of [0, whole.length - 1]) {
      const bytes = Buffer.from(whole);
      bytes[damage]! ^= 1;
      await writeFile(at('kept', 'lm_head.screen'), bytes);
      await exportCard(packed, at('kept'), { screen: true });
      expect((await readFile(at('kept', 'lm_head.screen'))).equals(whole), `byte ${damage}`).to.equal(true);
    }
  });

  it('is not taken over from another writer of screens, though the manifest agrees with it', async () => {
    const packed = packModel(smallModel(), 'int4');
    await exportCard(packed, at('old'), { screen: true });
    const whole = await readFile(at('old', 'lm_head.screen'));
    const card = await readCardFolder(at('old'));
    const listed = card.files.find(({ name }) => name === 'lm_head.screen')!;
    const other = Buffer.from(whole);
    other[20 * 8 + 3]! ^= 1; // a scale of the second row
    await writeFile(at('old', 'lm_head.screen'), other);
    const manifest = await readFile(at('old', 'manifest.json'), 'utf8');
    await writeFile(
      at('old', 'manifest.json'),
      manifest
        .replace(listed.sha256, createHash('sha256').update(other).digest('hex'))
        .replace(listed.crc32, crc32Hex(other)),
    );
    expect((await readPackedCard(at('old'))).weightFormat).to.equal('int4');
    await exportCard(packed, at('old'), { screen: true });
    expect((await readFile(at('old', 'lm_head.screen'))).equals(whole)).to.equal(true);
  });
});

describe('readPackedCard, without a manifest', () => {
  const at = temporaryFolder();
  const message = async () => (await refusal(() => readPackedCard(at('card')))).message;

  async function bareCard(format: (typeof WEIGHT_FORMATS)[number]): Promise<void> {
    await rm(at('card'), { recursive: true, force: true });
    await exportCard(packModel(smallModel(), format), at('card'));
    await rm(at('card', 'manifest.json'));
  }

  async function patch(name: string, offset: number, bytes: readonly number[]): Promise<void> {
    const file = await readFile(at('card', name));
    file.set(bytes, offset);
    await writeFile(at('card', name), file);
  }

  it('names a tensor of the wrong size, with both sizes', async () => {
    await bareCard('int4');
    await truncate(at('card', 'v_proj.bin'), 190);
    expect(await message()).to.equal(
      `${at('card', 'v_proj.bin')} has 190 bytes, but (2, 8, 12) in int4 takes 192`,
    );
  });

  it('names a format that it does not know, whosever it is', async () => {
    await bareCard('int4');
    const text = await readFile(at('card', 'model_config.json'), 'utf8');
    await writeFile(at('card', 'model_config.json'), text.replace('"int4"', '"int3"'));
    expect(await message()).to.match(/model_config\.json: weight_format: .*int8/);
    await writeFile(
      at('card', 'model_config.json'),
      text.replace('"int4"', '"int4", "up_proj_format": "q4"'),
    );
    expect(await message()).to.match(/model_config\.json: up_proj_format: .*int8/);
  });

  it('names the tensor whose scale is missing', async () => {
    await bareCard('int8');
    await writeFile(at('card', 'quantization_scales.json'), '{"embed_tokens": 1}');
    expect(await message()).to.equal(
      `${at('card', 'quantization_scales.json')}: no scale for q_proj, which is in int8`,
    );
    await rm(at('card', 'quantization_scales.json'));
    expect(await message()).to.equal(
      `${at('card', 'quantization_scales.json')}: the file is missing, and embed_tokens is in int8`,
    );
  });

  it('names the row whose scale is NaN or infinite, or negative in another format than int4', async () => {
    await bareCard('ternary');
    const row = 4 + 4;
    await patch('o_proj.bin', 13 * row, [0, 0, 0xc0, 0x7f]);
    const path = at('card', 'o_proj.bin');
    expect(await message()).to.equal(
      `${path}: the scale of row 13 is NaN; it must be finite and not negative`,
    );
    await patch('o_proj.bin', 13 * row, [0, 0, 0x80, 0xbf]);
    expect(await message()).to.contain('the scale of row 13 is -1;');
    await bareCard('int2');
    await patch('o_proj.bin', 0, [0x80, 0x7f]);
    expect(await message()).to.contain('the scale of row 0 is Infinity;');
    await patch('o_proj.bin', 0, [0x80, 0xbf]);
    expect(await message()).to.contain('the scale of row 0 is -1;');
    await bareCard('int4');
    await patch('o_proj.bin', 0, [0x80, 0xff]);
    expect(await message()).to.contain('the scale of row 0 is -Infinity; it must be finite');
    await patch('o_proj.bin', 0, [0x80, 0xbf]);
    const { o_proj } = (await readPackedCard(at('card'))).tensors;
    expect(unpackTensor(o_proj)[0]).to.equal(8 - (o_proj.bytes[4]! & 15));
  });

  it('names the float weight that is not finite', async () => {
    await bareCard('float16');
    await patch('up_proj.bin', 2 * 5, [0, 0xfc]);
    expect(await message()).to.contain('weight up_proj[5] is -Infinity');
  });
});

describe('a card of Tiny-LLM in int8', () => {
  const at = temporaryFolder();

  it("has the seeds' twelve files, with their sizes and their sum of 12.39 MB", async () => {
    const packed = packModel(makeModel('tiny-llm', { seed: 1 }), 'int8');
    const { files } = await exportCard(packed, at('tinyllm_weights'), { screen: false });
    const bins = files.filter(({ name }) => name.endsWith('.bin'));
    // Seed 000, "File Structure": 6.0 MB, 36 KB, 18 KB, 192 KB and 0.8 KB, in units of 1024.
    expect(Object.fromEntries(bins.map(({ name, bytes }) => [name, bytes]))).to.deep.equal({
      'embed_tokens.bin': 6_144_000,
      'q_proj.bin': 36 * 1024,
      'k_proj.bin': 18 * 1024,
      'v_proj.bin': 18 * 1024,
      'o_proj.bin': 36 * 1024,
      'gate_proj.bin': 192 * 1024,
      'up_proj.bin': 192 * 1024,
      'down_proj.bin': 192 * 1024,
      'lm_head.bin': 6_144_000,
      'norm1.bin': 768,
      'norm2.bin': 768,
      'final_norm.bin': 768,
    });
    expect(bins.reduce((sum, { bytes }) => sum + bytes, 0)).to.equal(12_990_720);
  });
});
