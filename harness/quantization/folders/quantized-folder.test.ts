import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { TENSOR_NAMES } from '../../model/checkpoint.js';
import { bytesOf, refusal, smallModel, temporaryFolder } from '../../model/model-fixtures.js';
import { MATRIX_NAMES } from '../../model/packed-model.js';
import { randomBits } from '../../model/random-bits.js';
import { readCard } from '../../model/read-card.js';
import { readCheckpoint } from '../../model/read-checkpoint.js';
import { readHuggingFace } from '../../model/read-huggingface.js';
import { llama2cFile, PIECES } from '../../model/tokenizer-fixtures.js';
import { unpackModel } from '../../model/unpack-model.js';
import { writeCheckpoint } from '../../model/write-checkpoint.js';
import { withDiskTrouble } from '../../testing/disk-trouble.js';
import { dequantizeModel, quantizeCheckpoint } from '../quantize-checkpoint.js';
import type { QuantizedModel } from '../quantized-model.js';
import { BITS, type Group } from '../quantized-tensor.js';
import { type RecipeInput, recipeSchema } from '../recipe.js';
import { readQuantizedFolder } from './read-quantized-folder.js';
import { type QuantizedFolderOptions, writeQuantizedFolder } from './write-quantized-folder.js';

const GROUPS: readonly Group[] = ['tensor', 'row', 2, 5, 32];

function build(input: RecipeInput, change: Parameters<typeof smallModel>[0] = {}, seed = 1): QuantizedModel {
  return quantizeCheckpoint(smallModel(change, seed), recipeSchema.parse(input));
}

/** Every matrix in a grid or a float format of its own. */
function randomBuild(seed: number): QuantizedModel {
  const next = randomBits(seed);
  const pick = <T>(list: readonly T[]): T => list[next() % list.length]!;
  const exceptions = MATRIX_NAMES.map((name) => {
    if (next() % 4 === 0) return [name, pick(['float32', 'float16', 'bfloat16'] as const)] as const;
    const bits = pick(BITS);
    return [name, { bits, group: pick(GROUPS), zero_point: bits >= 2 && next() % 2 === 0 }] as const;
  });
  const shape = { tiedHead: next() % 2 === 0, layers: 1 + (next() % 3) };
  const model = smallModel(shape, seed);
  model.tensors.v_proj.fill(0, 3, 30);
  const recipe = { method: 'clip', bits: 8, exceptions: Object.fromEntries(exceptions) } as const;
  return quantizeCheckpoint(model, recipeSchema.parse(recipe));
}

describe('a quantized folder', () => {
  const at = temporaryFolder();
  const codes = { method: 'nearest', bits: 4, group: 'row' } as const;

  it('reads back to the same codes, scales and zero points, whatever the grids', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const model = randomBuild(seed);
      await writeQuantizedFolder(model, at('any'));
      const back = await readQuantizedFolder(at('any'));
      expect(back.tensors, `seed ${seed}`).to.deep.equal(model.tensors);
      expect(back.norms).to.deep.equal(model.norms);
      expect(back.recipe).to.deep.equal(model.recipe);
      expect([back.name, back.unsupported]).to.deep.equal([model.name, model.unsupported]);
      expect(back.source.config).to.deep.equal(model.source.config);
      expect(back.packed?.tensors).to.deep.equal(model.packed?.tensors);
      if (model.source.config.tiedHead) expect(back.tensors.lm_head).to.equal(back.tensors.embed_tokens);
    }
  });

  it('is a checkpoint of the values that its codes have, to the bit', async () => {
    for (let seed = 41; seed <= 60; seed++) {
      const model = randomBuild(seed);
      await writeQuantizedFolder(model, at('values'));
      const found = await readCheckpoint(at('values'));
      const expected = dequantizeModel(model);
      for (const name of TENSOR_NAMES)
        expect(bytesOf(found.tensors[name]).equals(bytesOf(expected.tensors[name])), name).to.equal(true);
      expect(found.source.format).to.equal('huggingface');
    }
    await writeQuantizedFolder(build(codes), at('values'));
    expect((await readCheckpoint(at('values'))).source.dtype).to.equal('4-bit+float32');
  });

  it('has the names, types and files that QUANTIZATION.md gives', async () => {
    await writeFile(at('tok.bin'), llama2cFile());
    const model = build({ method: 'clip', bits: 8, group: 'row' }, { vocabSize: PIECES.length });
    const options = {
      tokenizerPath: at('tok.bin'),
      calibration: { hash: 'ab', documents: 3, positions: 70 },
    };
    const { cardFolder } = await writeQuantizedFolder(model, at('names'), options);
    expect(cardFolder).to.equal(at('names', 'card', 'tinyllm_int8_row_weights'));
    expect((await readdir(at('names'))).sort()).to.deep.equal([
      'card',
      'config.json',
      'model.safetensors',
      'quantization_config.json',
      'tokenizer.bin',
    ]);
    const header = await headerOf(at('names', 'model.safetensors'));
    const { dtype, shape } = header['model.layers.1.self_attn.k_proj.weight_codes']!;
    expect([dtype, shape]).to.deep.equal(['I8', [8, 12]]);
    const scale = header['model.layers.1.self_attn.k_proj.weight_scale']!;
    expect([scale.dtype, scale.shape]).to.deep.equal(['F32', [8, 1]]);
    expect(header['model.norm.weight']!.dtype).to.equal('F32');
    const config = JSON.parse(await readFile(at('names', 'config.json'), 'utf8'));
    expect(config).to.include({ hidden_size: 12, model_type: 'llama' });
    expect(config.quantization_config).to.deep.include({ quant_method: 'tokenrack' });
    const facts = JSON.parse(await readFile(at('names', 'quantization_config.json'), 'utf8'));
    expect(facts.recipe).to.deep.include({ method: 'clip', bits: 8, group: 'row' });
    expect(facts.calibration).to.deep.equal(options.calibration);
    expect(facts.card).to.equal('int8_row');
    const card = await readCard(cardFolder!);
    expect(card.tensors).to.deep.equal(unpackModel(model.packed!).tensors);
    expect(await readdir(cardFolder!)).to.include('tokenizer.bin');
  });

  it('has zero points in U8 and no card where no card format has the grid', async () => {
    const model = build({ method: 'nearest', bits: 4, group: 5, zero_point: true });
    expect(await writeQuantizedFolder(model, at('zero'))).to.deep.equal({ folder: at('zero') });
    const header = await headerOf(at('zero', 'model.safetensors'));
    expect(header['lm_head.weight_codes']!.dtype).to.equal('U8');
    expect(header['lm_head.weight_zero_point']).to.deep.include({ dtype: 'U8', shape: [20, 3] });
    expect(await readdir(at('zero'))).not.to.include('card');
    const facts = JSON.parse(await readFile(at('zero', 'quantization_config.json'), 'utf8'));
    expect(facts.unsupported).to.match(/zero point/);
  });

  describe('gives way', () => {
    const write = (folder: string, input: RecipeInput = codes, options: QuantizedFolderOptions = {}) =>
      writeQuantizedFolder(build(input), at(folder), options);
    const refused = async (folder: string) => {
      const before = await readdir(at(folder), { recursive: true });
      const { code, message } = await refusal(() => write(folder));
      expect(await readdir(at(folder), { recursive: true })).to.deep.equal(before);
      return `${code}: ${message}`;
    };

    it('to another build, with everything in it', async () => {
      await writeFile(at('tokenizer.bin'), llama2cFile());
      await write('ours', codes, { tokenizerPath: at('tokenizer.bin') });
      await write('ours', { method: 'nearest', bits: 1.58 });
      expect(await readdir(at('ours'))).not.to.include('tokenizer.bin');
      expect(await readdir(at('ours', 'card'))).to.deep.equal(['tinyllm_ternary_weights']);
      expect((await readQuantizedFolder(at('ours'))).recipe.bits).to.equal(1.58);
    });

    it('not to what is the same, to the byte', async () => {
      await write('same');
      const { ino } = await stat(at('same'));
      await write('same');
      expect((await stat(at('same'))).ino).to.equal(ino);
      await write('same', { ...codes, bits: 3 });
      expect((await stat(at('same'))).ino).not.to.equal(ino);
    });

    it('never when it is anybody else’s model', async () => {
      await writeCheckpoint(smallModel(), at('foreign'));
      expect(await refused('foreign')).to.match(
        /^folder-occupied: .* a model that tokenrack did not quantize/,
      );
      await readHuggingFace(at('foreign'));
    });

    it('never when a file of somebody’s lies in it, or in its card', async () => {
      await write('noted');
      await writeFile(at('noted', 'notes.txt'), 'mine');
      expect(await refused('noted')).to.match(/^folder-occupied: .*holds notes\.txt/);
      await write('carded');
      await writeFile(at('carded', 'card', 'tinyllm_int4_weights', 'notes.txt'), 'mine');
      expect(await refused('carded')).to.match(/^card-occupied: .*holds notes\.txt/);
    });

    it('not at all when the new one cannot be written', async () => {
      await write('kept');
      const before = await readFile(at('kept', 'model.safetensors'));
      const missing = { tokenizerPath: at('no-such-tokenizer.bin') };
      const { code } = await refusal(() => write('kept', { ...codes, bits: 3 }, missing));
      expect(code).to.equal('file-missing');
      expect((await readFile(at('kept', 'model.safetensors'))).equals(before)).to.equal(true);
      expect((await readdir(at())).filter((name) => name.startsWith('kept'))).to.deep.equal(['kept']);
    });

    it('not at all when the disk is full, which is no fault of the folder', async () => {
      await write('kept');
      const before = await readdir(at());
      const failing = (code: string) =>
        withDiskTrouble(code, () => refusal(() => write('kept', { ...codes, bits: 3 })));
      expect(await failing('ENOSPC')).to.include({
        failureClass: 'infra-fail',
        message: `the disk is full (ENOSPC): cannot write ${at('kept')}: ENOSPC: refused, write`,
      });
      expect((await failing('EACCES')).code).to.equal('folder-unwritable');
      expect(await readdir(at())).to.deep.equal(before);
    });

    it('when it is empty', async () => {
      await mkdir(at('empty'));
      await write('empty');
      await readQuantizedFolder(at('empty'));
    });
  });

  describe('is refused', () => {
    const weights = () => at('bad', 'model.safetensors');
    const message = async () => (await refusal(() => readQuantizedFolder(at('bad')))).message;
    beforeEach(async () => {
      await rm(at('bad'), { recursive: true, force: true });
      await writeQuantizedFolder(build({ method: 'nearest', bits: 2, group: 'row' }), at('bad'));
    });

    async function overwrite(name: string, change: (tensor: Buffer) => void): Promise<void> {
      const bytes = await readFile(weights());
      const [from, to] = (await headerOf(weights()))[name]!.data_offsets;
      const begin = 8 + Number(bytes.readBigUInt64LE(0));
      change(bytes.subarray(begin + from, begin + to));
      await writeFile(weights(), bytes);
    }

    it('for a code that its grid does not have', async () => {
      await overwrite('model.layers.1.mlp.up_proj.weight_codes', (codes) => codes.writeInt8(2, 7));
      expect(await message()).to.match(/bad: up_proj: code 2 at 127 is not one of 2 bits$/);
    });

    it('for a scale that is negative or not finite', async () => {
      for (const scale of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
        await overwrite('lm_head.weight_scale', (scales) => scales.writeFloatLE(scale, 12));
        expect(await message()).to.match(
          /lm_head\.weight_scale\[3\] is .*; a scale is finite and not negative/,
        );
      }
    });

    it('for a part that is missing or of another type', async () => {
      const config = JSON.parse(await readFile(at('bad', 'config.json'), 'utf8'));
      config.quantization_config.matrices.q_proj.zero_point = true;
      await writeFile(at('bad', 'config.json'), JSON.stringify(config));
      expect(await message()).to.match(
        /self_attn\.q_proj\.weight_codes is I8, but its quantization_config asks for U8/,
      );
      delete config.quantization_config.matrices.q_proj;
      await writeFile(at('bad', 'config.json'), JSON.stringify(config));
      expect(await message()).to.match(/tensor model\.layers\.0\.self_attn\.q_proj\.weight is missing/);
    });

    it('for a faulty quantization_config, by its key', async () => {
      const config = JSON.parse(await readFile(at('bad', 'config.json'), 'utf8'));
      config.quantization_config.matrices.q_proj.group = 'column';
      await writeFile(at('bad', 'config.json'), JSON.stringify(config));
      expect(await message()).to.match(/config\.json: quantization_config\.matrices\.q_proj\.group: /);
    });

    it('for bytes too many', async () => {
      await appendFile(weights(), 'x');
      expect(await message()).to.match(/is too long/);
    });
  });
});

type Header = Record<
  string,
  {
    readonly dtype: string;
    readonly shape: readonly number[];
    readonly data_offsets: readonly [number, number];
  }
>;

async function headerOf(path: string): Promise<Header> {
  const bytes = await readFile(path);
  return JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0))));
}
