import { type LlamaConfig, tensorShape } from '../../model/checkpoint.js';
import { makeModel } from '../../model/make-model.js';
import {
  MATRIX_NAMES,
  type MatrixName,
  type PackedModel,
  type PackedTensor,
} from '../../model/packed-model.js';
import { type RandomBits, randomBits } from '../../model/random-bits.js';
import { rowBytes, rowScaleBytes, type WeightFormat } from '../../model/weight-format.js';

export interface RandomPacking {
  readonly format: WeightFormat;
  readonly layers?: number;
  readonly rows: number;
  readonly cols: number;
  /** Bits of the scales, taken in turn: binary32, of which the grouped formats store the upper half. */
  readonly scaleBits?: readonly number[];
}

/** Weights of deviation about 0.2: enough for a tiny model to have clear choices. */
const SCALES: Readonly<Partial<Record<WeightFormat, number>>> = {
  int8: 0.0027,
  int8_row: 0.0027,
  int4: 0.043,
  int2: 0.09,
  ternary: 0.25,
  ternary_2bit: 0.16,
  binary: 0.2,
};

/**
 * For tests: a tensor of random bytes, which is a tensor in every format. No quantizer has a part in it, so that every code
 * occurs, and padding is anything but zero. Half floats are kept finite, and between 2^-6 and 1.
 */
export function randomTensor(packing: RandomPacking, next: RandomBits): PackedTensor {
  const { format, layers = 1, rows, cols } = packing;
  const bytes = Uint8Array.from({ length: layers * rows * rowBytes(format, cols) }, () => next() >>> 24);
  const tensor = { format, layers, rows, cols, bytes };
  if (format === 'int8')
    return { ...tensor, scales: Array.from({ length: layers }, (_, i) => (SCALES.int8! * (3 + i)) / 3) };
  if (rowScaleBytes(format, cols) === 0) limitFloats(tensor, next);
  else writeScales(tensor, packing.scaleBits ?? scalesNear(SCALES[format]!, format === 'int4'));
  return tensor;
}

/** Four magnitudes about `scale`, exact in bfloat16; one scale in four is negative where scales may have either sign. */
function scalesNear(scale: number, eitherSign: boolean): number[] {
  return [1, eitherSign ? -1.25 : 1.25, 0.75, 0.5].map((factor) => bitsOf(scale * factor) & 0xffff0000);
}

/** Gives every float an exponent from -6 to -1, leaving its sign and fraction random. */
function limitFloats({ format, bytes }: PackedTensor, next: RandomBits): void {
  const view = new DataView(bytes.buffer);
  const exponent = (): number => -1 - (next() % 6);
  if (format === 'float32') {
    for (let at = 0; at < bytes.length; at += 4)
      view.setUint32(at, (view.getUint32(at, true) & 0x807fffff) | ((exponent() + 127) << 23), true);
    return;
  }
  const [keep, shift, bias] = format === 'float16' ? [0x83ff, 10, 15] : [0x807f, 7, 127];
  for (let at = 0; at < bytes.length; at += 2)
    view.setUint16(at, (view.getUint16(at, true) & keep) | ((exponent() + bias) << shift), true);
}

function writeScales(
  { format, layers, rows, cols, bytes }: PackedTensor,
  scaleBits: readonly number[],
): void {
  const view = new DataView(bytes.buffer);
  const size = rowBytes(format, cols);
  const grouped = format === 'int4' || format === 'int2';
  const perRow = grouped ? Math.ceil(cols / 32) : 1;
  for (let i = 0; i < layers * rows * perRow; i++) {
    const start = Math.floor(i / perRow) * size;
    const bits = scaleBits[i % scaleBits.length]!;
    if (grouped) view.setUint16(start + 2 * (i % perRow), bits >>> 16, true);
    else view.setUint32(start, bits, true);
  }
}

/** A model of random bytes. `formatOf` says which format each matrix has; norms are those of a seeded model. */
export function randomPackedModel(
  config: LlamaConfig,
  formatOf: (name: MatrixName) => WeightFormat,
  seed = 1,
): PackedModel {
  const { tensors: seeded, source } = makeModel(config, { seed });
  const tensors = {} as Record<MatrixName, PackedTensor>;
  for (const [stream, name] of MATRIX_NAMES.entries()) {
    const shape = tensorShape(config, name);
    const [rows, cols] = shape.slice(-2) as [number, number];
    const layers = shape.length === 3 ? config.layers : 1;
    const tied = name === 'lm_head' && config.tiedHead;
    const made = () =>
      randomTensor({ format: formatOf(name), layers, rows, cols }, randomBits(seed, 100 + stream));
    tensors[name] = tied ? tensors.embed_tokens : made();
  }
  const { norm1, norm2, final_norm } = seeded;
  const norms = { norm1, norm2, final_norm };
  return { name: `packed-${seed}`, config, tensors, norms, weightFormat: formatOf('embed_tokens'), source };
}

export function bitsOf(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0]!;
}

export function floatOf(bits: number): number {
  return new Float32Array(Uint32Array.of(bits).buffer)[0]!;
}
