import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { TENSOR_NAMES } from './checkpoint.js';
import { bitsToBfloat16, type FloatFormat, narrowFloats, widenFloats } from './float-formats.js';
import { bytesOf, refusal, smallModel, temporaryFolder } from './model-fixtures.js';
import { readCheckpoint } from './read-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

interface Tensor {
  dtype: string;
  shape: readonly number[];
  bytes: Buffer;
}
type Shard = Record<string, Tensor>;

/** Takes a safetensors file apart by its definition alone. */
async function takeApart(path: string): Promise<Shard> {
  const bytes = await readFile(path);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__, ...header } = JSON.parse(bytes.toString('utf8', 8, begin));
  const shard: Shard = {};
  for (const [name, { dtype, shape, data_offsets }] of Object.entries<Record<string, never>>(header)) {
    const [from, to] = data_offsets as unknown as [number, number];
    shard[name] = { dtype: dtype!, shape: shape!, bytes: bytes.subarray(begin + from, begin + to) };
  }
  return shard;
}

async function putTogether(path: string, shard: Shard): Promise<void> {
  let offset = 0;
  const header = Object.entries(shard).map(([name, { dtype, shape, bytes }]) => {
    const data_offsets = [offset, offset + bytes.length];
    offset += bytes.length;
    return [name, { dtype, shape, data_offsets }];
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  await writeFile(path, [prefix, text, ...Object.values(shard).map(({ bytes }) => bytes)]);
}

const SHARDS = [1, 2, 3].map((i) => `model-0000${i}-of-00003.safetensors`);

describe('a sharded Hugging Face folder', () => {
  const at = temporaryFolder();
  const model = smallModel();
  let shards: Shard[] = [];
  let index: { metadata: Record<string, unknown>; weight_map: Record<string, string> };

  beforeEach(async () => {
    await writeCheckpoint(model, at('m'));
    const whole = await takeApart(at('m', 'model.safetensors'));
    await rm(at('m', 'model.safetensors'));
    shards = [{}, {}, {}];
    index = { metadata: {}, weight_map: {} };
    for (const [i, [name, tensor]] of Object.entries(whole).entries()) {
      shards[i % 3]![name] = tensor;
      index.weight_map[name] = SHARDS[i % 3]!;
    }
    index.metadata = {
      total_size: Object.values(whole).reduce((sum, { bytes }) => sum + bytes.length, 0),
    };
  });
  afterEach(() => rm(at('m'), { recursive: true }));

  async function read() {
    for (const [i, shard] of shards.entries()) await putTogether(at('m', SHARDS[i]!), shard);
    await writeFile(at('m', 'model.safetensors.index.json'), JSON.stringify(index));
    return readCheckpoint(at('m'));
  }
  const message = async () => (await refusal(read)).message.replaceAll(`${at('m')}/`, '');

  it('is read as one', async () => {
    const { tensors, source } = await read();
    for (const name of TENSOR_NAMES)
      expect(bytesOf(tensors[name]).equals(bytesOf(model.tensors[name])), name).to.equal(true);
    expect(source.dtype).to.equal('float32');
  });

  it('may have tensors of different floats, even among the layers of a matrix', async () => {
    const formats: Record<string, FloatFormat> = {
      'model.layers.0.self_attn.q_proj.weight': 'float16',
      'model.layers.1.self_attn.q_proj.weight': 'bfloat16',
      'model.norm.weight': 'bfloat16',
    };
    for (const shard of shards) {
      for (const [name, tensor] of Object.entries(shard)) {
        const format = formats[name];
        if (format === undefined) continue;
        const values = new Float32Array(new Uint8Array(tensor.bytes).buffer);
        tensor.bytes = Buffer.from(narrowFloats(values, format, name));
        tensor.dtype = format === 'float16' ? 'F16' : 'BF16';
      }
    }
    delete index.metadata.total_size;
    const { tensors, source } = await read();
    expect(source.dtype).to.equal('bfloat16+float16+float32');
    const half = model.tensors.q_proj.length / 2;
    const expected = model.tensors.q_proj.slice();
    widenFloats(narrowFloats(expected.slice(0, half), 'float16', ''), 'float16', expected.subarray(0, half));
    widenFloats(narrowFloats(expected.slice(half), 'bfloat16', ''), 'bfloat16', expected.subarray(half));
    expect(tensors.q_proj).to.deep.equal(expected);
    expect(tensors.k_proj).to.deep.equal(model.tensors.k_proj);
    const bits = new Uint32Array(tensors.final_norm.buffer);
    const original = new Uint32Array(model.tensors.final_norm.buffer);
    expect([...bits]).to.deep.equal([...original].map((one) => (bitsToBfloat16(one) << 16) >>> 0));
  });

  it('is refused when a shard is missing', async () => {
    await read();
    await rm(at('m', SHARDS[1]!));
    const { code, message } = await refusal(() => readCheckpoint(at('m')));
    expect(code).to.equal('shard-missing');
    expect(message).to.match(
      /index\.json: its shard model-00002-of-00003\.safetensors is missing; copy all 3/,
    );
  });

  it('is refused when a tensor is missing from its shard', async () => {
    delete shards[2]!['model.layers.0.self_attn.q_proj.weight'];
    delete shards[0]!['model.layers.0.self_attn.q_proj.weight'];
    delete shards[1]!['model.layers.0.self_attn.q_proj.weight'];
    expect(await message()).to.match(
      /^model\.safetensors\.index\.json puts tensor "model\.layers\.0\.self_attn\.q_proj\.weight" into model-0000\d-of-00003\.safetensors, but it is not there$/,
    );
  });

  it('is refused when a tensor lies in another shard than the index says', async () => {
    const name = Object.keys(shards[0]!)[0]!;
    shards[1]![name] = shards[0]![name]!;
    delete shards[0]![name];
    expect(await message()).to.match(
      /into model-00001-of-00003\.safetensors, but it lies in model-00002-of-00003\.safetensors$/,
    );
  });

  it('is refused when a tensor lies in two shards', async () => {
    const name = Object.keys(shards[0]!)[0]!;
    shards[1]![name] = shards[0]![name]!;
    expect(await message()).to.match(/^tensor model\.\S+ lies in both model-00001\S+ and model-00002\S+$/);
  });

  it('is refused when a shard holds what the index does not list, or the index what no Llama has', async () => {
    shards[1]!['extra.weight'] = { dtype: 'F32', shape: [1], bytes: Buffer.alloc(4) };
    expect(await message()).to.match(/^model-00002\S+ holds tensor extra\.weight, which \S+ does not list$/);
    index.weight_map['extra.weight'] = SHARDS[1]!;
    delete index.metadata.total_size;
    expect(await message()).to.match(/tensor extra\.weight is not part of a Llama of 2 layers/);
  });

  it('is refused when its sizes do not add up', async () => {
    const total = index.metadata.total_size as number;
    index.metadata.total_size = total + 4;
    expect(await message()).to.match(
      new RegExp(`metadata\\.total_size is ${total + 4}, but its shards hold ${total} bytes of tensors`),
    );
    index.metadata = {};
    await read();
  });
});

describe('a tied head that is stored as well', () => {
  const at = temporaryFolder();
  const model = smallModel({ tiedHead: true });

  async function addHead(change: (head: Tensor) => void): Promise<void> {
    await writeCheckpoint(model, at('tied'));
    const whole = await takeApart(at('tied', 'model.safetensors'));
    const { dtype, shape, bytes } = whole['model.embed_tokens.weight']!;
    const head = { dtype, shape, bytes: Buffer.from(bytes) };
    change(head);
    await putTogether(at('tied', 'model.safetensors'), { ...whole, 'lm_head.weight': head });
  }

  it('is taken when it is the embedding', async () => {
    await addHead(() => undefined);
    const { tensors } = await readCheckpoint(at('tied'));
    expect(tensors.lm_head).to.equal(tensors.embed_tokens);
  });

  it('is refused when it differs, naming the place', async () => {
    await addHead(({ bytes }) => bytes.writeFloatLE(7, 4 * 33));
    const { code, message } = await refusal(() => readCheckpoint(at('tied')));
    expect(code).to.equal('head-not-tied');
    expect(message).to.match(
      /tie_word_embeddings is true, but lm_head\.weight\[33\] is 7 where model\.embed_tokens/,
    );
  });

  it('is refused when it is of another shape', async () => {
    await addHead((head) => {
      head.bytes = head.bytes.subarray(0, 48);
      head.shape = [1, 12];
    });
    expect((await refusal(() => readCheckpoint(at('tied')))).message).to.match(
      /tensor lm_head\.weight has shape \(1, 12\), but config\.json asks for \(20, 12\)/,
    );
  });
});
