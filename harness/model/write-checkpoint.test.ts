import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { type Checkpoint, TENSOR_NAMES } from './checkpoint.js';
import { narrowFloats, widenFloats } from './float-formats.js';
import { bytesOf, refusal, smallModel, temporaryFolder } from './model-fixtures.js';
import { readCheckpoint } from './read-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

function expectSameWeights(found: Checkpoint, expected: Checkpoint): void {
  expect(found.config).to.deep.equal(expected.config);
  for (const name of TENSOR_NAMES) {
    expect(bytesOf(found.tensors[name]).equals(bytesOf(expected.tensors[name])), name).to.equal(true);
  }
}

describe('writeCheckpoint', () => {
  const at = temporaryFolder();

  it('writes float32 that reads back equal to the bit, for many shapes', async () => {
    const shapes = [
      {},
      { tiedHead: true },
      { layers: 1, heads: 2, kvHeads: 1, headSize: 6 },
      { headSize: 6, kvHeads: 4 },
      { eosIds: [2, 7], rmsNormEps: 1e-6, ropeTheta: 500000 },
    ];
    for (const [i, shape] of shapes.entries()) {
      const model = smallModel(shape, i);
      await writeCheckpoint(model, at(`shape-${i}`));
      const back = await readCheckpoint(at(`shape-${i}`));
      expectSameWeights(back, model);
      expect(back.source).to.deep.equal({ path: at(`shape-${i}`), format: 'huggingface', dtype: 'float32' });
      expect(back.name).to.equal(`shape-${i}`);
    }
  });

  it('shares one array between a tied head and the embedding', async () => {
    await writeCheckpoint(smallModel({ tiedHead: true }), at('tied'));
    const { tensors } = await readCheckpoint(at('tied'));
    expect(tensors.lm_head).to.equal(tensors.embed_tokens);
  });

  it('rounds to bfloat16 and float16 once, and keeps them on another round trip', async () => {
    for (const format of ['bfloat16', 'float16'] as const) {
      const model = smallModel();
      await writeCheckpoint(model, at(format), { format });
      const back = await readCheckpoint(at(format));
      expect(back.source.dtype).to.equal(format);
      for (const name of TENSOR_NAMES) {
        const expected = new Float32Array(model.tensors[name].length);
        widenFloats(narrowFloats(model.tensors[name], format, name), format, expected);
        expect(back.tensors[name]).to.deep.equal(expected);
        expect(back.tensors[name]).not.to.deep.equal(model.tensors[name]);
      }
      await writeCheckpoint(back, at(`${format}-again`), { format });
      const again = await readCheckpoint(at(`${format}-again`));
      expectSameWeights(again, back);
    }
  });

  it('writes the same bytes each time, aligned as Hugging Face asks, and leaves other files', async () => {
    await writeCheckpoint(smallModel(), at('same'));
    await writeFile(at('same', 'README.md'), 'mine');
    const first = await readFile(at('same', 'model.safetensors'));
    await writeCheckpoint(smallModel(), at('same'));
    expect((await readFile(at('same', 'model.safetensors'))).equals(first)).to.equal(true);
    expect(await readFile(at('same', 'README.md'), 'utf8')).to.equal('mine');
    const headerBytes = Number(first.readBigUInt64LE(0));
    expect(headerBytes % 8).to.equal(0);
    const header = JSON.parse(first.toString('utf8', 8, 8 + headerBytes));
    expect(header.__metadata__).to.deep.equal({ format: 'pt' });
    expect(header['model.layers.1.self_attn.k_proj.weight']).to.deep.include({
      dtype: 'F32',
      shape: [8, 12],
    });
  });

  it('writes nothing that is not finite, or that the format cannot hold', async () => {
    const model = smallModel();
    model.tensors.k_proj[100] = Number.NaN;
    const { message } = await refusal(() => writeCheckpoint(model, at('nan')));
    expect(message).to.contain('weight model.layers.1.self_attn.k_proj.weight[4] is NaN');
    model.tensors.k_proj[100] = 7e4;
    const { code } = await refusal(() => writeCheckpoint(model, at('large'), { format: 'float16' }));
    expect(code).to.equal('weight-overflow');
    expect(await readdir(at('large'))).to.deep.equal([]);
  });

  it('can be read when its tensors are split over shards', async () => {
    const model = smallModel();
    await writeCheckpoint(model, at('whole'));
    const names = await splitInTwo(at('whole', 'model.safetensors'));
    const index = { metadata: {}, weight_map: names };
    await writeFile(at('whole', 'model.safetensors.index.json'), JSON.stringify(index));
    expectSameWeights(await readCheckpoint(at('whole')), model);
  });

  it('reads a config as others write it: without head_dim, with unknown keys', async () => {
    const even = smallModel({ hiddenSize: 16 });
    await writeCheckpoint(even, at('foreign'));
    const config = JSON.parse(await readFile(at('foreign', 'config.json'), 'utf8'));
    delete config.head_dim;
    await writeFile(
      at('foreign', 'config.json'),
      JSON.stringify({ ...config, use_cache: true, rope_scaling: null }),
    );
    expectSameWeights(await readCheckpoint(at('foreign')), even);
  });
});

/** Splits a safetensors file by its bytes, apart from our own reader and writer. */
async function splitInTwo(path: string): Promise<Record<string, string>> {
  const bytes = await readFile(path);
  const headerBytes = Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...header } = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes));
  const entries = Object.entries(header as Record<string, { data_offsets: [number, number] }>);
  const map: Record<string, string> = {};
  for (const half of [0, 1]) {
    const file = `model-0000${half + 1}-of-00002.safetensors`;
    const shard: Record<string, unknown> = { __metadata__ };
    const chunks: Buffer[] = [];
    let offset = 0;
    for (const [name, entry] of entries.filter((_, i) => i % 2 === half)) {
      const [begin, end] = entry.data_offsets;
      chunks.push(bytes.subarray(8 + headerBytes + begin, 8 + headerBytes + end));
      shard[name] = { ...entry, data_offsets: [offset, offset + end - begin] };
      offset += end - begin;
      map[name] = file;
    }
    const text = Buffer.from(JSON.stringify(shard));
    const prefix = Buffer.alloc(8);
    prefix.writeBigUInt64LE(BigInt(text.length));
    await writeFile(path.replace('model.safetensors', file), [prefix, text, ...chunks]);
  }
  await rename(path, `${path}.whole`);
  return map;
}
