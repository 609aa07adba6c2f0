import { storedMatrices } from './card-config.js';
import type { Checkpoint } from './checkpoint.js';
import { FLOAT_BYTES } from './float-formats.js';
import { packCodes } from './pack-codes.js';
import { type FormatChoice, matrixShape, packModel } from './pack-model.js';
import { packTensor } from './pack-tensor.js';
import type { MatrixName, PackedModel, PackedTensor } from './packed-model.js';
import { readPackedCard } from './read-card.js';
import { huggingFaceFolderOf, isCardFolder, readCheckpoint } from './read-checkpoint.js';
import { checkpointOf, type HuggingFaceFolder, readHuggingFaceFolder } from './read-huggingface.js';
import { unpackModel } from './unpack-model.js';
import { unpackTensor } from './unpack-tensor.js';
import type { CardFormat, WeightFormat } from './weight-format.js';

/** Formats that were asked for; without a `format` a model keeps those that it has, or is float32. */
export interface WantedFormats {
  readonly format?: WeightFormat | undefined;
  readonly tensors?: Partial<Readonly<Record<MatrixName, WeightFormat>>>;
}

export interface ReadPacked {
  /** float32: the values that the weights have as they are stored. */
  readonly checkpoint: Checkpoint;
  readonly packed: PackedModel;
  /** What the model is stored as, such as `int4`, when that is a card or a quantized folder. */
  readonly stored?: string;
  /** The matrices that lie in codes there; absent with `stored`. */
  readonly coded?: readonly MatrixName[];
  /** Absent where all that lay in codes has the values that it had. */
  readonly rounding?: Rounding;
}

/** Stored codes that had to be rounded a second time, to other values, for a format that they do not lie in. */
export type Rounding = {
  readonly stored: string;
  readonly matrices: readonly MatrixName[];
  /** Whether these are all that the model has. */
  readonly all: boolean;
  readonly formats: readonly WeightFormat[];
};

/** A model as it is stored, and of its matrices those that a card can take over to the byte. */
interface Stored {
  readonly checkpoint: Checkpoint;
  readonly kept: Partial<Readonly<Record<MatrixName, PackedTensor>>>;
  readonly coded: readonly MatrixName[];
  readonly stored?: string;
}

/**
 * Reads a model as `readCheckpoint` does and packs it. A matrix of a card folder, or of a quantized folder of tokenrack's, that lies in the
 * format that is asked for is kept to the byte, scales included. Without a format all matrices are kept where a card holds
 * every one of them, and else float32.
 * @throws ConfigError as `readCheckpoint` and `packModel` do
 */
export async function readPacked(path: string, wanted: WantedFormats = {}): Promise<ReadPacked> {
  const model = await readStored(path);
  const { checkpoint, kept, coded, stored } = model;
  const packed = packModel(checkpoint, formatsOf(wanted, checkpoint, kept), kept);
  if (stored === undefined) return { checkpoint, packed };
  const rounding = roundingOf({ ...model, stored }, packed);
  return { checkpoint, packed, stored, coded, ...(rounding === undefined ? {} : { rounding }) };
}

function roundingOf(
  { checkpoint, kept, coded, stored }: Stored & { readonly stored: string },
  { tensors, config }: PackedModel,
): Rounding | undefined {
  const matrices = coded.filter(
    (name) => tensors[name] !== kept[name] && differs(tensors[name], checkpoint.tensors[name]),
  );
  if (matrices.length === 0) return undefined;
  const formats = [...new Set(matrices.map((name) => tensors[name].format))];
  return { stored, matrices, all: matrices.length === storedMatrices(config).length, formats };
}

async function readStored(path: string): Promise<Stored> {
  if (isCardFolder(path)) {
    const card = await readPackedCard(path);
    const coded = storedMatrices(card.config).filter((name) => !(card.tensors[name].format in FLOAT_BYTES));
    return { checkpoint: unpackModel(card), kept: card.tensors, coded, stored: card.weightFormat };
  }
  const folder = huggingFaceFolderOf(path);
  if (folder === undefined) return { checkpoint: await readCheckpoint(path), kept: {}, coded: [] };
  return storedFolder(await readHuggingFaceFolder(folder));
}

function storedFolder(folder: HuggingFaceFolder): Stored {
  const checkpoint = checkpointOf(folder);
  const names = storedMatrices(folder.config);
  const coded = names.filter((name) => !(folder.tensors[name] instanceof Float32Array));
  if (coded.length === 0) return { checkpoint, kept: {}, coded };
  const kept: Partial<Record<MatrixName, PackedTensor>> = {};
  for (const name of names) {
    const tensor = packStored(folder, name);
    if (tensor !== undefined) kept[name] = tensor;
  }
  return {
    checkpoint,
    kept,
    coded,
    stored: storedAs(names.map((name) => kept[name]?.format)) ?? checkpoint.source.dtype,
  };
}

/** The card format of all, or `mixed`; undefined where one has none. */
function storedAs(formats: readonly (WeightFormat | undefined)[]): CardFormat | undefined {
  if (formats.includes(undefined)) return undefined;
  return new Set(formats).size === 1 ? formats[0] : 'mixed';
}

/** As a card has what is stored; undefined when no card format does, or the layers lie in different floats. */
function packStored(
  { config, tensors, formats }: HuggingFaceFolder,
  name: MatrixName,
): PackedTensor | undefined {
  const tensor = tensors[name];
  if (!(tensor instanceof Float32Array)) return packCodes(tensor);
  const [format, ...others] = formats[name] ?? [];
  if (format === undefined || others.length > 0) return undefined;
  return packTensor(tensor, format, matrixShape(config, name), name);
}

function formatsOf(
  { format, tensors = {} }: WantedFormats,
  { config }: Checkpoint,
  kept: Stored['kept'],
): FormatChoice {
  if (format !== undefined) return { default: format, tensors };
  const names = storedMatrices(config);
  if (!names.every((name) => kept[name] !== undefined)) return { default: 'float32', tensors };
  const own = Object.fromEntries(names.map((name) => [name, kept[name]!.format]));
  return { default: 'float32', tensors: { ...own, ...tensors } };
}

function differs(tensor: PackedTensor, values: Float32Array): boolean {
  return unpackTensor(tensor).some((value, i) => value !== values[i]);
}
