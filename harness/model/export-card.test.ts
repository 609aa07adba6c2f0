import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { readCardFolder } from './card-folder.js';
import { TENSOR_NAMES } from './checkpoint.js';
import { crc32Hex } from './crc32.js';
import { exportCard } from './export-card.js';
import { TINY_LLM } from './make-model.js';
import { bytesOf, refusal, smallModel, temporaryFolder } from './model-fixtures.js';
import { modelHash } from './model-hash.js';
import { modelInfo } from './model-info.js';
import { readCheckpoint } from './read-checkpoint.js';

describe('exportCard', () => {
  const at = temporaryFolder();

  it('writes what reads back equal to the bit, for many shapes', async () => {
    const shapes = [{}, { tiedHead: true }, { layers: 3, eosIds: [2, 5] }, { headSize: 6, kvHeads: 1 }];
    for (const [i, shape] of shapes.entries()) {
      const model = smallModel(shape, i);
      await exportCard(model, at('round', String(i)));
      const back = await readCheckpoint(at('round', String(i)));
      expect(back.config).to.deep.equal(model.config);
      expect(modelHash(back)).to.equal(modelHash(model));
      for (const name of TENSOR_NAMES) {
        expect(bytesOf(back.tensors[name]).equals(bytesOf(model.tensors[name])), name).to.equal(true);
      }
    }
  });

  it('lists every file but the manifest, in alphabetical order, and hashes the manifest as the board does', async () => {
    const card = await exportCard(smallModel(), at('list'));
    const names = card.files.map(({ name }) => name);
    expect(names).to.deep.equal([...TENSOR_NAMES.map((name) => `${name}.bin`), 'model_config.json'].sort());
    expect((await readdir(at('list'))).sort()).to.deep.equal([...names, 'manifest.json'].sort());
    const manifest = await readFile(at('list', 'manifest.json'));
    expect(card.manifestHash).to.equal(crc32Hex(manifest));
    expect(JSON.parse(manifest.toString())).to.deep.equal({
      manifest: 1,
      weight_format: 'float32',
      files: card.files,
    });
    expect(await readCardFolder(at('list'))).to.deep.equal(card);
  });

  it('leaves out the head when it is tied, and writes every key that the firmware requires', async () => {
    await exportCard(smallModel({ tiedHead: true }), at('tied'));
    expect(await readdir(at('tied'))).not.to.include('lm_head.bin');
    expect(JSON.parse(await readFile(at('tied', 'model_config.json'), 'utf8'))).to.deep.equal({
      hidden_size: 12,
      intermediate_size: 10,
      num_hidden_layers: 2,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 4,
      vocab_size: 20,
      max_position_embeddings: 16,
      rms_norm_eps: 1e-5,
      rope_theta: 10000,
      tie_word_embeddings: true,
      bos_token_id: 1,
      eos_token_id: 2,
      weight_format: 'float32',
    });
  });

  it("stacks layers, row-major, in files of the seeds' sizes", async () => {
    const model = smallModel();
    await exportCard(model, at('stack'));
    expect((await stat(at('stack', 'k_proj.bin'))).size).to.equal(2 * 8 * 12 * 4);
    const file = await readFile(at('stack', 'k_proj.bin'));
    expect(file.readFloatLE(4 * (8 * 12 + 3 * 12 + 5))).to.equal(model.tensors.k_proj[8 * 12 + 3 * 12 + 5]);
    const bytes = Object.fromEntries(
      modelInfo(TINY_LLM).tensors.map(({ name, float32Bytes }) => [name, float32Bytes]),
    );
    expect(bytes).to.deep.equal({
      embed_tokens: 24_576_000,
      norm1: 768,
      q_proj: 147_456,
      k_proj: 73_728,
      v_proj: 73_728,
      o_proj: 147_456,
      norm2: 768,
      gate_proj: 786_432,
      up_proj: 786_432,
      down_proj: 786_432,
      final_norm: 768,
      lm_head: 24_576_000,
    });
  });

  it('writes nothing when the folder holds exactly this, and mends it when one bit differs', async () => {
    const card = await exportCard(smallModel(), at('again'));
    const before = await stat(at('again'));
    await exportCard(smallModel(), at('again'));
    expect((await stat(at('again'))).ino).to.equal(before.ino);
    const file = await readFile(at('again', 'q_proj.bin'));
    file[100]! ^= 1;
    await writeFile(at('again', 'q_proj.bin'), file);
    expect((await refusal(() => readCheckpoint(at('again')))).message).to.match(
      /q_proj\.bin does not agree with manifest\.json/,
    );
    expect(await readCardFolder(at('again'))).to.deep.equal(card);
    await exportCard(smallModel(), at('again'));
    expect(modelHash(await readCheckpoint(at('again')))).to.equal(modelHash(smallModel()));
    expect(await readdir(at())).to.satisfy((names: string[]) =>
      names.every((name) => !/\.(new|old)-/.test(name)),
    );
  });

  it('replaces another model whole, and only what an export made', async () => {
    await exportCard(smallModel(), at('other'));
    await exportCard(smallModel({ tiedHead: true }, 2), at('other'));
    expect(await readdir(at('other'))).not.to.include('lm_head.bin');
    await writeFile(at('other', 'thesis.txt'), 'years of work');
    const { code, message } = await refusal(() => exportCard(smallModel(), at('other')));
    expect(code).to.equal('card-occupied');
    expect(message).to.contain('holds thesis.txt, which is no part of a card');
    expect(await readFile(at('other', 'thesis.txt'), 'utf8')).to.equal('years of work');
  });

  it('leaves to whoever was first what others export at the same time: it is being read already', async () => {
    const inodes: number[] = [];
    const one = async (): Promise<void> => {
      await exportCard(smallModel(), at('many'));
      inodes.push((await stat(at('many'))).ino);
    };
    await Promise.all(Array.from({ length: 12 }, one));
    expect(new Set(inodes).size).to.equal(1);
  });

  it('survives two exports to one folder at the same time', async () => {
    const cards = await Promise.all([1, 2, 3].map(() => exportCard(smallModel(), at('race'))));
    expect(new Set(cards.map(({ manifestHash }) => manifestHash)).size).to.equal(1);
    expect(modelHash(await readCheckpoint(at('race')))).to.equal(modelHash(smallModel()));
  });

  it('carries the tokenizer along, with the settings beside it', async () => {
    await writeFile(at('tokenizer.json'), '{"model":{}}');
    await writeFile(at('tokenizer_config.json'), '{}');
    const card = await exportCard(smallModel(), at('with'), { tokenizerPath: at('tokenizer.json') });
    expect(card.files.map(({ name }) => name)).to.include.members([
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    await writeFile(at('tok20.bin'), 'x');
    await exportCard(smallModel(), at('with'), { tokenizerPath: at('tok20.bin') });
    expect(await readdir(at('with')))
      .to.include('tokenizer.bin')
      .and.not.include('tokenizer.json');
  });

  it('never lets a NaN onto a card', async () => {
    const model = smallModel();
    model.tensors.norm2[3] = Number.NaN;
    expect((await refusal(() => exportCard(model, at('nan')))).message).to.contain('weight norm2[3] is NaN');
    expect(await readdir(at())).not.to.include('nan');
  });
});

describe('readCardFolder', () => {
  const at = temporaryFolder();

  it('lists the files of a card without a manifest, with the hash that the board reports for it', async () => {
    await mkdir(at('bare'));
    await writeFile(at('bare', 'model_config.json'), '{"weight_format": "float32"}');
    await writeFile(at('bare', 'norm1.bin'), 'abcd');
    const card = await readCardFolder(at('bare'));
    expect(card.manifestHash).to.equal('-');
    expect(card.files.map(({ name, bytes }) => [name, bytes])).to.deep.equal([
      ['model_config.json', 28],
      ['norm1.bin', 4],
    ]);
  });

  it('refuses a folder that is no card', async () => {
    expect((await refusal(() => readCardFolder(at('none')))).code).to.equal('card-missing');
  });
});
