import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import {
  type Checkpoint,
  elementCount,
  type LlamaConfig,
  type TensorName,
  tensorShape,
} from '../model/checkpoint.js';
import { SMALL } from '../model/model-fixtures.js';
import { MATRIX_NAMES, type MatrixName, type PackedModel } from '../model/packed-model.js';
import { WEIGHT_FORMATS, type WeightFormat } from '../model/weight-format.js';
import { createOracle } from './oracle.js';
import { RunningCrc } from './running-crc.js';
import { randomPackedModel } from './testing/packed-fixtures.js';
import { slowProduct } from './testing/slow-product.js';
import { slowRow } from './testing/slow-weights.js';

/** Ragged groups and spans, odd widths, stacked layers, grouped queries. */
const RAGGED: LlamaConfig = {
  ...SMALL,
  hiddenSize: 45,
  ffnSize: 263,
  layers: 2,
  heads: 6,
  kvHeads: 2,
  headSize: 6,
  vocabSize: 61,
};

const TOKENS = [1, 5, 60, 0, 17, 17, 9];

const MIXED: Readonly<Record<MatrixName, WeightFormat>> = {
  embed_tokens: 'int8_row',
  q_proj: 'int4',
  k_proj: 'float32',
  v_proj: 'ternary',
  o_proj: 'int8',
  gate_proj: 'int2',
  up_proj: 'binary',
  down_proj: 'float16',
  lm_head: 'ternary_2bit',
};

/**
 * CRC-32 of the logits of TOKENS, one position after the other, for seed 1's random bytes in the shape RAGGED. They were made
 * by this oracle when each of its products agreed with exact arithmetic (packed-matrix.test.ts), and change only when
 * the page's arithmetic does: the weights come from no quantizer, and no function of the host has a part in the logits.
 */
const GOLDEN: Readonly<Record<WeightFormat | 'mixed', string>> = {
  float32: '2acdd23e',
  float16: 'ffac69b2',
  bfloat16: '9d58fcad',
  int8: '8570294a',
  int8_row: '6d2d4467',
  int4: 'dbe5015a',
  int2: 'b4abb0ca',
  ternary: 'd40abb43',
  ternary_2bit: '7c1db9dd',
  binary: '6af02d86',
  mixed: 'd80fa193',
};

/** The same weights as a float32 checkpoint: every value read slowly from the bytes. */
function widened({ name, config, tensors, norms, source }: PackedModel): Checkpoint {
  const wide: Partial<Record<TensorName, Float32Array>> = { ...norms };
  for (const matrix of MATRIX_NAMES) {
    const tensor = tensors[matrix];
    const values = Array.from({ length: tensor.layers }, (_, layer) =>
      Array.from({ length: tensor.rows }, (_, row) => slowRow(tensor, layer, row).values),
    ).flat(2);
    expect(values).to.have.length(elementCount(tensorShape(config, matrix)));
    wide[matrix] = Float32Array.from(values);
  }
  return { name, config, tensors: wide as Checkpoint['tensors'], source };
}

function logitsOf(model: Checkpoint | PackedModel): Float32Array[] {
  const oracle = createOracle(model, { contextLength: TOKENS.length });
  return TOKENS.map((token, position) => oracle.forward(token, position).slice());
}

function worstDifference(a: Float32Array[], b: Float32Array[]): number {
  return Math.max(...a.flatMap((logits, t) => [...logits].map((value, i) => Math.abs(value - b[t]![i]!))));
}

function largestMagnitude(logits: Float32Array[]): number {
  return Math.max(...logits.flatMap((one) => [...one].map(Math.abs)));
}

describe('oracle of a packed model', () => {
  for (const format of ['float32', 'float16', 'bfloat16'] as const) {
    it(`${format}: has the bits of a float32 checkpoint with the same weights`, () => {
      const model = randomPackedModel(RAGGED, () => format);
      expect(logitsOf(model)).to.deep.equal(logitsOf(widened(model)));
    });
  }

  const near: Record<string, (name: MatrixName) => WeightFormat> = {
    int8: () => 'int8',
    int8_row: () => 'int8_row',
    int4: () => 'int4',
    int2: () => 'int2',
    ternary: () => 'ternary',
    ternary_2bit: () => 'ternary_2bit',
    binary: () => 'binary',
    'a format for every matrix': (name) => MIXED[name],
  };
  for (const [title, formatOf] of Object.entries(near)) {
    it(`${title}: comes close to a float32 checkpoint with the same weights, and no closer than 16 bits allow`, () => {
      const model = randomPackedModel(RAGGED, formatOf);
      const logits = logitsOf(model);
      const apart = worstDifference(logits, logitsOf(widened(model))) / largestMagnitude(logits);
      expect(apart).to.be.within(1e-6, 1e-3);
    });
  }

  for (const format of [...WEIGHT_FORMATS, 'mixed'] as const) {
    it(`${format}: gives logits of known bits`, () => {
      const crc = new RunningCrc();
      const model = randomPackedModel(RAGGED, (name) => (format === 'mixed' ? MIXED[name] : format));
      for (const logits of logitsOf(model)) crc.add(logits);
      expect(crc.hex).to.equal(GOLDEN[format]);
    });
  }

  it('reads a tied head from the embedding', () => {
    const model = randomPackedModel({ ...RAGGED, tiedHead: true }, () => 'int4');
    const { lm_head: _, ...tensors } = model.tensors;
    const absent = { ...model, tensors: tensors as PackedModel['tensors'] };
    const copied = { ...model, config: RAGGED, tensors: { ...tensors, lm_head: tensors.embed_tokens } };
    expect(logitsOf(absent)).to.deep.equal(logitsOf(copied));
  });

  it('gives the vector that the head was multiplied with, which a later advance leaves alone', () => {
    const model = randomPackedModel(RAGGED, () => 'int4');
    const oracle = createOracle(model, { contextLength: 8 });
    expect(() => oracle.hidden()).to.throw(RangeError, 'call forward first');
    oracle.advance(1, 0);
    expect(() => oracle.hidden()).to.throw(RangeError);
    const logits = [...oracle.forward(7, 1)];
    oracle.advance(9, 2);
    expect(slowProduct(model.tensors.lm_head, 0, [...oracle.hidden()])).to.deep.equal(logits);
    oracle.reset();
    expect(() => oracle.hidden()).to.throw(RangeError);
  });

  it('refuses a scale that is not finite, naming model, tensor and layer', () => {
    const model = randomPackedModel(RAGGED, () => 'ternary');
    const { bytes } = model.tensors.down_proj;
    new DataView(bytes.buffer).setUint32(bytes.length / 2, 0x7fc00000, true);
    const attempt = () => createOracle(model, { contextLength: 8 });
    expect(attempt).to.throw(ConfigError, 'packed-1: down_proj, layer 1 (ternary): a scale of row 0 is NaN');
  });
});
