import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { refusal, smallModel, temporaryFolder } from './model-fixtures.js';
import { readCheckpoint } from './read-checkpoint.js';
import { writeCheckpoint } from './write-checkpoint.js';

describe('readHuggingFace refuses', () => {
  const at = temporaryFolder();
  const model = () => at('model');
  const configPath = () => at('model', 'config.json');
  const weights = () => at('model', 'model.safetensors');

  beforeEach(() => writeCheckpoint(smallModel(), model()));

  async function changeConfig(change: Record<string, unknown>): Promise<void> {
    const config = JSON.parse(await readFile(configPath(), 'utf8'));
    await writeFile(configPath(), JSON.stringify({ ...config, ...change }));
  }

  /** Rewrites the header in place; the text may not grow. */
  async function changeHeader(change: (header: string) => string): Promise<void> {
    const bytes = await readFile(weights());
    const size = Number(bytes.readBigUInt64LE(0));
    const header = change(bytes.toString('utf8', 8, 8 + size));
    bytes.write(header.padEnd(size, ' '), 8);
    await writeFile(weights(), bytes);
  }

  const message = async () => (await refusal(() => readCheckpoint(model()))).message;

  const configs: readonly [string, Record<string, unknown>, RegExp][] = [
    [
      'another architecture',
      { architectures: ['GPT2LMHeadModel'] },
      /architecture GPT2LMHeadModel is not supported/,
    ],
    ['no architecture at all', { architectures: [] }, /architecture none named/],
    ['another activation', { hidden_act: 'gelu' }, /hidden_act gelu/],
    ['biases of attention', { attention_bias: true }, /attention_bias is true; biases are not supported/],
    ['biases of the MLP', { mlp_bias: true }, /mlp_bias is true; biases are not supported/],
    [
      'scaled RoPE',
      { rope_scaling: { rope_type: 'llama3', factor: 8 } },
      /rope_scaling: scaled RoPE \(llama3\)/,
    ],
    [
      'scaled RoPE by its newer name',
      { rope_parameters: { rope_type: 'yarn' } },
      /rope_parameters: scaled RoPE \(yarn\)/,
    ],
    [
      'weights that another tool quantized',
      { quantization_config: { quant_method: 'gptq', bits: 4 } },
      /quantized by another tool \(quant_method gptq\)/,
    ],
    [
      'weights that something unnamed quantized',
      { quantization_config: { load_in_8bit: true } },
      /quantized by another tool \(no quant_method\)/,
    ],
    [
      'heads that do not share evenly',
      { num_key_value_heads: 3 },
      /4 heads cannot share 3 key-value heads evenly/,
    ],
    [
      'a hidden size that does not divide',
      { hidden_size: 13, head_dim: null },
      /hidden_size 13 does not divide into 4 heads/,
    ],
    ['an odd head size', { head_dim: 3 }, /head size 3 is odd/],
    ['a missing size', { vocab_size: undefined }, /config\.json: vocab_size is missing$/],
    [
      'an end token outside the vocabulary',
      { eos_token_id: 20 },
      /token id 20 .* outside the vocabulary of 20/,
    ],
    ['a size that no memory holds', { vocab_size: 1e15 }, /vocabSize is 1000000000000000/],
    [
      'tensors of another size',
      { intermediate_size: 11 },
      /tensor model\.layers\.0\.mlp\.gate_proj\.weight has shape \(10, 12\), but config\.json asks for \(11, 12\)/,
    ],
    [
      'a missing layer',
      { num_hidden_layers: 3 },
      /tensor model\.layers\.2\.input_layernorm\.weight is missing; config\.json asks for \(12\)/,
    ],
    [
      'a layer too many',
      { num_hidden_layers: 1 },
      /tensor model\.layers\.1\.\S+ is not part of a Llama of 1 layers/,
    ],
  ];
  for (const [what, change, expected] of configs) {
    it(what, async () => {
      await changeConfig(change);
      expect(await message()).to.match(expected);
    });
  }

  it('broken JSON, with its line', async () => {
    await writeFile(configPath(), '{\n "hidden_size": 12,\n "oops"\n}');
    expect(await message()).to.equal(`${configPath()}:4: not JSON: unexpected "}"`);
  });

  it('a dtype that it does not know, by name', async () => {
    await changeHeader((text) =>
      text.replace('"lm_head.weight":{"dtype":"F32"', '"lm_head.weight":{"dtype":"I32"'),
    );
    expect(await message()).to.match(/tensor lm_head\.weight is I32; only F32, F16 and BF16/);
  });

  it('holes and overlaps between tensors', async () => {
    await changeHeader((text) =>
      text.replace('"shape":[20,12],"data_offsets":[0,960]', '"shape":[19,12],"data_offsets":[48,960]'),
    );
    expect(await message()).to.match(/a hole or an overlap before tensor model\.embed_tokens\.weight/);
  });

  it('a tensor whose bytes do not match its shape', async () => {
    await changeHeader((text) =>
      text.replace('"shape":[20,12],"data_offsets":[0,960]', '"shape":[20,11],"data_offsets":[0,960]'),
    );
    expect(await message()).to.match(
      /tensor model\.embed_tokens\.weight of shape \(20, 11\) and F32 spans 960 bytes/,
    );
  });

  it('a truncated weight file, with both sizes', async () => {
    const bytes = await readFile(weights());
    await writeFile(weights(), bytes.subarray(0, bytes.length - 5));
    expect(await message()).to.match(
      new RegExp(`is truncated: expected ${bytes.length} bytes by its header, found ${bytes.length - 5}$`),
    );
  });

  it('bytes that no tensor claims', async () => {
    await appendFile(weights(), 'x');
    expect(await message()).to.match(/model\.safetensors is too long: expected \d+ bytes by its header/);
  });

  it('infinite weights, by tensor and index', async () => {
    const bytes = await readFile(weights());
    bytes.writeFloatLE(Number.NEGATIVE_INFINITY, bytes.length - 4);
    await writeFile(weights(), bytes);
    expect(await message()).to.match(/model\.safetensors: weight lm_head\.weight\[239\] is -Infinity/);
  });

  it('a shard index that points elsewhere, and a missing weight file', async () => {
    await rm(weights());
    expect(await message()).to.equal(`no such file: ${weights()}`);
    const index = at('model', 'model.safetensors.index.json');
    await writeFile(index, JSON.stringify({ weight_map: { a: '../other/model.safetensors' } }));
    expect(await message()).to.match(
      /weight_map names "\.\.\/other\/model\.safetensors", which is no file beside it/,
    );
    await rm(index);
  });
});
