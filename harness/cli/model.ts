import { ConfigError, TokenrackError } from '../errors.js';
import { HEAD_SCREEN } from '../model/card-screen.js';
import { exportCard } from '../model/export-card.js';
import type { FloatFormat } from '../model/float-formats.js';
import type { GgufType } from '../model/gguf/gguf-format.js';
import { writeGguf } from '../model/gguf/write-gguf.js';
import { makeModel } from '../model/make-model.js';
import { modelHash } from '../model/model-hash.js';
import { modelInfo } from '../model/model-info.js';
import { readPackedCard } from '../model/read-card.js';
import { isCardFolder, readCheckpoint } from '../model/read-checkpoint.js';
import { readPacked } from '../model/read-packed.js';
import { findTokenizer, readTokenizer } from '../model/read-tokenizer.js';
import { unpackModel } from '../model/unpack-model.js';
import { cardFolderName, type WeightFormat } from '../model/weight-format.js';
import { writeCheckpoint } from '../model/write-checkpoint.js';
import { formatCard, formatModelInfo } from '../sinks/model-table.js';
import { roundingNote } from '../sinks/rounding-note.js';
import { formatSaving, formatSizes, weightSizes } from './model-sizes.js';
import type { TensorFormats } from './model-tensors.js';
import { requirePossible } from './out-folder.js';

export interface InfoFlags {
  readonly context?: number;
  readonly json?: boolean;
}

export async function showInfo(path: string, flags: InfoFlags): Promise<void> {
  const card = isCardFolder(path) ? await readPackedCard(path) : undefined;
  const checkpoint = card === undefined ? await readCheckpoint(path) : unpackModel(card);
  const { name, config, source } = checkpoint;
  const sizes = weightSizes(config, card);
  const info = modelInfo(config, flags.context === undefined ? {} : { contextLength: flags.context });
  const hash = modelHash(checkpoint);
  const text =
    flags.json === true
      ? `${JSON.stringify({ name, source, hash, config, ...info, sizes })}\n`
      : `${formatModelInfo(checkpoint, hash, info)}${formatSizes(sizes)}`;
  process.stdout.write(text);
}

export interface ImportFlags {
  readonly dtype: FloatFormat;
}

export async function importModel(path: string, folder: string, { dtype }: ImportFlags): Promise<void> {
  await requirePossible(folder);
  await writeCheckpoint(await readCheckpoint(path), folder, { format: dtype });
  process.stdout.write(`wrote ${folder} (${dtype})\n`);
}

export interface ExportFlags {
  readonly format?: WeightFormat;
  readonly tensor?: TensorFormats;
  readonly out?: string;
  readonly tokenizer?: string;
  /** A GGUF file of this type instead of a card. */
  readonly gguf?: GgufType;
}

/** A model without a tokenizer can still be exported: the board does not need one. */
export async function exportModel(
  path: string,
  folder: string | undefined,
  flags: ExportFlags,
): Promise<void> {
  const target = folder ?? flags.out;
  const { gguf } = flags;
  if (folder !== undefined && flags.out !== undefined && folder !== flags.out) {
    const what = gguf === undefined ? 'card folder' : 'file';
    const message = `the ${what} is named twice: ${folder} and --out ${flags.out}`;
    throw new ConfigError('two-folders', message);
  }
  if (gguf !== undefined) return exportGguf(path, target, gguf, flags);
  const read = await readPacked(path, { format: flags.format, tensors: flags.tensor ?? {} });
  if (read.rounding !== undefined) process.stderr.write(roundingNote(path, read.rounding));
  const { packed } = read;
  const tokenizerPath = await tokenizerFor(path, packed.config.vocabSize, flags.tokenizer);
  const options = tokenizerPath === undefined ? {} : { tokenizerPath };
  const place = target ?? cardFolderName(packed.weightFormat);
  await requirePossible(place);
  const card = await exportCard(packed, place, options);
  const screen = card.files.find(({ name }) => name === HEAD_SCREEN);
  process.stdout.write(`${formatCard(card, tokenizerPath)}${formatSaving(packed, screen?.bytes)}`);
}

async function exportGguf(
  path: string,
  file: string | undefined,
  type: GgufType,
  { format, tensor, tokenizer }: ExportFlags,
): Promise<void> {
  if (format !== undefined || tensor !== undefined) {
    const message = `--gguf ${type} says how all matrices are stored: leave --format and --tensor out`;
    throw new ConfigError('two-formats', message);
  }
  const checkpoint = await readCheckpoint(path);
  const tokenizerPath = await tokenizerFor(path, checkpoint.config.vocabSize, tokenizer);
  const options = tokenizerPath === undefined ? {} : { tokenizerPath };
  const target = file ?? `${checkpoint.name}-${type}.gguf`;
  const { bytes, notes } = await writeGguf(checkpoint, target, type, options);
  const lines = [`wrote ${target} (${type}, ${bytes} bytes)`, ...notes.map((note) => `note: ${note}`)];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function tokenizerFor(
  path: string,
  vocabSize: number,
  named: string | undefined,
): Promise<string | undefined> {
  if (named !== undefined) return (await readTokenizer(named, vocabSize)).path;
  return findTokenizer(path, vocabSize).catch((error: unknown) => {
    if (error instanceof TokenrackError && error.code === 'tokenizer-missing') return undefined;
    throw error;
  });
}

export interface MakeFlags {
  readonly seed: number;
  readonly out?: string;
  readonly dtype: FloatFormat;
}

export async function makeSeeded(shape: string, { seed, out, dtype }: MakeFlags): Promise<void> {
  const folder = out ?? `${shape}-seed-${seed}`;
  await writeCheckpoint(makeModel(shape, { seed }), folder, { format: dtype });
  process.stdout.write(`wrote ${folder}: ${shape} from seed ${seed}, ${dtype}\n`);
}
