import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../errors.js';
import { packageRoot } from '../../paths.js';
import { createOracle } from '../../reference/oracle.js';
import { withDiskTrouble } from '../../testing/disk-trouble.js';
import { type Checkpoint, TENSOR_NAMES } from '../checkpoint.js';
import { narrowFloats, widenFloats } from '../float-formats.js';
import { bytesOf, refusal, smallModel, temporaryFolder, writeLlama2c } from '../model-fixtures.js';
import { modelHash } from '../model-hash.js';
import { randomBits } from '../random-bits.js';
import { readCheckpoint } from '../read-checkpoint.js';
import { readLlama2c } from '../read-llama2c.js';
import { decodeQ8, encodeQ8 } from './q8-0.js';
import { writeGguf } from './write-gguf.js';

/** Where the data of a tensor lies, found by the definition of the format alone. */
async function dataOf(
  path: string,
  wanted: string,
): Promise<{ type: number; dims: number[]; bytes: Buffer }> {
  const file = await readFile(path);
  let at = 8;
  const take = (bytes: number) => {
    at += bytes;
    return at - bytes;
  };
  const u32 = () => file.readUInt32LE(take(4));
  const u64 = () => Number(file.readBigUInt64LE(take(8)));
  const text = () => {
    const length = u64();
    at += length;
    return file.toString('utf8', at - length, at);
  };
  const sizes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
  const skip = (type: number): void => {
    if (type === 8) text();
    else if (type === 9) {
      const of = u32();
      const count = u64();
      for (let i = 0; i < count; i++) skip(of);
    } else at += sizes[type]!;
  };
  const tensors = u64();
  const keys = u64();
  for (let i = 0; i < keys; i++) {
    text();
    skip(u32());
  }
  let found: { type: number; dims: number[]; offset: number } | undefined;
  const offsets: number[] = [];
  for (let i = 0; i < tensors; i++) {
    const name = text();
    const dims = Array.from({ length: u32() }, u64);
    const row = { type: u32(), dims, offset: u64() };
    offsets.push(row.offset);
    if (name === wanted) found = row;
  }
  expect(offsets.every((offset) => offset % 32 === 0)).to.equal(true);
  const begin = Math.ceil(at / 32) * 32 + found!.offset;
  const next = Math.min(...offsets.filter((offset) => offset > found!.offset), Number.POSITIVE_INFINITY);
  const end = Number.isFinite(next) ? begin - found!.offset + next : file.length;
  return { type: found!.type, dims: found!.dims, bytes: file.subarray(begin, end) };
}

function expectSame(found: Checkpoint, expected: Checkpoint): void {
  expect(found.config).to.deep.equal(expected.config);
  for (const name of TENSOR_NAMES)
    expect(bytesOf(found.tensors[name]).equals(bytesOf(expected.tensors[name])), name).to.equal(true);
}

const SHAPES = [
  {},
  { tiedHead: true },
  { layers: 3, heads: 2, kvHeads: 1, headSize: 6 },
  { headSize: 8, kvHeads: 4, hiddenSize: 32, ffnSize: 64 },
  { eosIds: [2, 7, 3], rmsNormEps: 1e-6, ropeTheta: 500000, bosId: 0 },
];

describe('writeGguf and readGguf', () => {
  const at = temporaryFolder();

  it('return F32 equal to the bit, for many shapes, by a path that ends with .gguf', async () => {
    for (const [i, shape] of SHAPES.entries()) {
      const model = smallModel(shape, i);
      const { bytes } = await writeGguf(model, at(`s${i}.gguf`), 'F32');
      expect((await readFile(at(`s${i}.gguf`))).length).to.equal(bytes);
      const back = await readCheckpoint(at(`s${i}.gguf`));
      expectSame(back, model);
      expect(modelHash(back)).to.equal(modelHash(model));
      expect([back.name, back.source.format, back.source.dtype]).to.deep.equal([`s${i}`, 'gguf', 'F32']);
      if (model.config.tiedHead) expect(back.tensors.lm_head).to.equal(back.tensors.embed_tokens);
    }
  });

  it('give the fixture’s logits again through the oracle', async () => {
    const model = await readCheckpoint(join(packageRoot, 'fixtures', 'models', 'little-stories'));
    await writeGguf(model, at('fixture.gguf'), 'F32');
    const logits = [model, await readCheckpoint(at('fixture.gguf'))].map((one) => {
      const oracle = createOracle(one, { contextLength: 8 });
      return [1, 300, 301, 302].map((token, position) => oracle.forward(token, position).slice());
    });
    expect(logits[1]).to.deep.equal(logits[0]);
  });

  it('keep q and k as llama2.c has them: in the order of neighbours', async () => {
    const model = smallModel({ hiddenSize: 16 });
    await writeLlama2c(at('small.bin'), model);
    await writeGguf(await readLlama2c(at('small.bin')), at('small.gguf'), 'F32');
    for (const [name, ours] of [
      ['attn_q', 'q_proj'],
      ['attn_k', 'k_proj'],
      ['attn_v', 'v_proj'],
    ] as const) {
      for (const layer of [0, 1]) {
        const { bytes, type, dims } = await dataOf(at('small.gguf'), `blk.${layer}.${name}.weight`);
        const all = bytesOf(model.tensors[ours]);
        const size = all.length / 2;
        expect([type, dims]).to.deep.equal([0, [16, size / 64]]);
        expect(bytes.subarray(0, size).equals(all.subarray(layer * size, (layer + 1) * size))).to.equal(true);
      }
    }
  });

  it('round matrices to F16 once, norms not at all', async () => {
    const model = smallModel();
    await writeGguf(model, at('half.gguf'), 'F16');
    const back = await readCheckpoint(at('half.gguf'));
    expect(back.source.dtype).to.equal('F16+F32');
    for (const name of TENSOR_NAMES) {
      const expected = model.tensors[name].slice();
      if (!name.includes('norm')) widenFloats(narrowFloats(expected, 'float16', name), 'float16', expected);
      expect(back.tensors[name], name).to.deep.equal(expected);
    }
    expect((await dataOf(at('half.gguf'), 'output_norm.weight')).type).to.equal(0);
  });

  it('put Q8_0 where rows are whole blocks, F16 elsewhere with a note, and change nothing a second time', async () => {
    const model = smallModel({ hiddenSize: 32, ffnSize: 48, headSize: 8 });
    const { notes } = await writeGguf(model, at('q8.gguf'), 'Q8_0');
    expect(notes).to.include(
      'in F16, because their rows are no multiple of 32 weights: blk.0.ffn_down.weight, blk.1.ffn_down.weight',
    );
    const back = await readCheckpoint(at('q8.gguf'));
    expect(back.source.dtype).to.equal('F16+F32+Q8_0');
    for (const name of ['q_proj', 'embed_tokens', 'gate_proj'] as const) {
      const largest = Math.max(...model.tensors[name].map(Math.abs));
      const worst = Math.max(...model.tensors[name].map((one, i) => Math.abs(one - back.tensors[name][i]!)));
      expect(worst).to.be.within(largest / 1000, largest / 250);
    }
    await writeGguf({ ...back, name: model.name }, at('again.gguf'), 'Q8_0');
    expect((await readFile(at('again.gguf'))).equals(await readFile(at('q8.gguf')))).to.equal(true);
  });

  it('refuse weights that the type cannot hold, and leave nothing', async () => {
    const model = smallModel({ hiddenSize: 32, headSize: 8 });
    model.tensors.up_proj[37] = 9e6;
    const { code, message } = await refusal(() => writeGguf(model, at('large.gguf'), 'Q8_0'));
    expect(code).to.equal('weight-overflow');
    expect(message).to.match(/^blk\.0\.ffn_up\.weight\[37\] = 9000000 is too large for Q8_0/);
    model.tensors.up_proj[37] = Number.NaN;
    expect((await refusal(() => writeGguf(model, at('large.gguf'), 'F32'))).message).to.match(
      /blk\.0\.ffn_up\.weight\[37\] is NaN/,
    );
    expect((await readdir(at())).filter((name) => name.startsWith('large'))).to.deep.equal([]);
  });

  it('replace a GGUF file, and nothing else', async () => {
    await writeGguf(smallModel(), at('twice.gguf'), 'F16');
    await writeGguf(smallModel(), at('twice.gguf'), 'F32');
    expect((await readCheckpoint(at('twice.gguf'))).source.dtype).to.equal('F32');
    await writeFile(at('notes.gguf'), 'mine');
    expect((await refusal(() => writeGguf(smallModel(), at('notes.gguf'), 'F32'))).code).to.equal(
      'file-occupied',
    );
    expect(await readFile(at('notes.gguf'), 'utf8')).to.equal('mine');
    expect((await refusal(() => writeGguf(smallModel(), at(), 'F32'))).code).to.equal('file-occupied');
  });

  it('is told apart by why it cannot be written: a full disk, or a place that somebody named', async () => {
    const failing = (code: string) =>
      withDiskTrouble(code, () => refusal(() => writeGguf(smallModel(), at('full.gguf'), 'F32')));
    const message = (why: string) => `cannot write ${at('full.gguf')}: ${why}: refused, write`;
    expect(await failing('ENOSPC')).to.include({
      failureClass: 'infra-fail',
      message: `the disk is full (ENOSPC): ${message('ENOSPC')}`,
    });
    expect((await failing('EROFS')).failureClass).to.equal('infra-fail');
    expect(await failing('EACCES')).to.include({ code: 'gguf-unwritable', message: message('EACCES') });
  });
});

describe('encodeQ8', () => {
  it('gives the blocks that ggml’s reference quantizer gives', () => {
    // 2^-7 * 127 is the largest: d = 2^-7, and ties go away from zero, as C's roundf has them.
    const values = new Float32Array(64);
    values.set([127, -127, 0.5, -0.5, 1.5, 2.49, 63].map((code) => code / 128));
    const bytes = Buffer.from(encodeQ8(values, 'w'));
    expect(bytes.readUInt16LE(0)).to.equal(0x2000);
    expect([...bytes.subarray(2, 9)].map((one) => (one << 24) >> 24)).to.deep.equal([
      127, -127, 1, -1, 2, 2, 63,
    ]);
    expect(bytes.subarray(34).equals(Buffer.alloc(34))).to.equal(true);
  });

  it('makes zeros of what float16 has no scale for, and keeps denormal scales', () => {
    const back = new Float32Array(32);
    decodeQ8(encodeQ8(new Float32Array(32).fill(1e-40), 'w'), back);
    expect([...back]).to.deep.equal(Array(32).fill(0));
    decodeQ8(encodeQ8(new Float32Array(32).fill(127 * 2 ** -24), 'w'), back);
    expect([...back]).to.deep.equal(Array(32).fill(127 * 2 ** -24));
  });
});

describe('readGguf refuses', () => {
  const at = temporaryFolder();
  const path = () => at('m.gguf');
  beforeEach(async () => {
    await rm(path(), { force: true });
    await writeGguf(smallModel({ hiddenSize: 32, ffnSize: 32, headSize: 8 }), path(), 'Q8_0');
  });
  const message = async () => (await refusal(() => readCheckpoint(path()))).message;

  /** Same length, so that nothing moves. */
  async function exchange(from: string, to: string): Promise<void> {
    const bytes = await readFile(path());
    const index = bytes.indexOf(from);
    expect(index).to.be.greaterThan(0);
    bytes.write(to, index);
    await writeFile(path(), bytes);
  }

  async function setAfter(key: string, change: (bytes: Buffer, at: number) => void): Promise<void> {
    const bytes = await readFile(path());
    change(bytes, bytes.indexOf(key) + key.length);
    await writeFile(path(), bytes);
  }

  it('another architecture', async () => {
    await setAfter('general.architecture', (bytes, place) => bytes.write('qwen2', place + 12));
    expect(await message()).to.match(/architecture qwen2 is not supported; only llama is$/);
  });

  it('a key that is missing', async () => {
    await exchange('llama.block_count', 'llama.block_counx');
    expect(await message()).to.match(/llama\.block_count is missing$/);
  });

  it('a scaled RoPE', async () => {
    const bytes = await readFile(path());
    const key = Buffer.from('llama.rope.scaling.type');
    // A key of its own, in the place of general.type and its value.
    const old = Buffer.from('general.type');
    const from = bytes.indexOf(old) - 8;
    const value = Buffer.from('yarn');
    const u64 = (n: number) => {
      const eight = Buffer.alloc(8);
      eight.writeBigUInt64LE(BigInt(n));
      return eight;
    };
    const entry = Buffer.concat([u64(key.length), key, Buffer.from([8, 0, 0, 0]), u64(4), value]);
    const rest = bytes.subarray(from + 8 + old.length + 4 + 8 + 5);
    await writeFile(path(), Buffer.concat([bytes.subarray(0, from), entry, rest]));
    expect(await message()).to.match(/llama\.rope\.scaling\.type: scaled RoPE \(yarn\) is not supported$/);
  });

  it('a tensor that is missing', async () => {
    await exchange('blk.1.attn_q.weight', 'blk.1.attn_q.biasxx');
    expect(await message()).to.match(
      /tensor blk\.1\.attn_q\.weight is missing; its metadata asks for \(32, 32\)$/,
    );
  });

  it('a tensor of another shape', async () => {
    await setAfter('blk.1.attn_k.weight', (bytes, place) => bytes.writeBigUInt64LE(15n, place + 12));
    expect(await message()).to.match(/has shape \(15, 32\), but its metadata asks for \(16, 32\)$/);
  });

  it('a type that it does not know, by its number', async () => {
    await setAfter('blk.1.attn_k.weight', (bytes, place) => bytes.writeUInt32LE(12, place + 20));
    expect(await message()).to.match(
      /blk\.1\.attn_k\.weight is of ggml's type 12; only F32, F16, BF16 and Q8_0/,
    );
  });

  it('a file that is cut short, in its header and in its data', async () => {
    const { length } = await readFile(path());
    await truncate(path(), length - 40);
    expect(await message()).to.match(/is truncated: tensor \S+ ends at byte \d+, but it has \d+$/);
    await truncate(path(), 100);
    expect(await message()).to.match(/its header is cut off \(at byte \d+\)$|items do not fit into it/);
    await writeFile(path(), 'GGML');
    expect(await message()).to.match(/it does not begin with GGUF/);
  });

  it('counts that no file could hold, before anything is made for them', async () => {
    const whole = await readFile(path());
    for (const place of [8, 16]) {
      const bytes = Buffer.from(whole);
      bytes.writeBigUInt64LE(2n ** 40n, place);
      await writeFile(path(), bytes);
      expect(await message()).to.match(/: 1099511627776 items do not fit into it \(at byte \d+\)$/);
    }
  });

  it('nothing for bytes after the data', async () => {
    await appendFile(path(), 'x');
    await readCheckpoint(path());
  });

  it('every damage to the header with one clear line, or reads a model', async () => {
    const whole = await readFile(path());
    const next = randomBits(7);
    let refused = 0;
    for (let i = 0; i < 300; i++) {
      const bytes = Buffer.from(whole);
      const place = next() % 2800;
      if (i % 3 === 0) bytes[place] = bytes[place]! ^ (1 << (next() % 8));
      else if (i % 3 === 1) for (let k = place; k < place + 8; k++) bytes[k] = next();
      await writeFile(path(), i % 3 === 2 ? bytes.subarray(0, next() % bytes.length) : bytes);
      const outcome = await readCheckpoint(path()).catch((error: unknown) => error);
      if (!(outcome instanceof Error)) continue;
      refused++;
      if (!(outcome instanceof ConfigError)) throw outcome;
      expect(outcome.message).not.to.match(/\n|undefined|\[object/);
    }
    expect(refused).to.be.greaterThan(150);
  });
});
