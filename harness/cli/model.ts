import { TokenrackError } from '../errors.js';
import { exportCard } from '../model/export-card.js';
import type { FloatFormat } from '../model/float-formats.js';
import { makeModel } from '../model/make-model.js';
import { modelHash } from '../model/model-hash.js';
import { modelInfo } from '../model/model-info.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { findTokenizer, readTokenizer } from '../model/read-tokenizer.js';
import { writeCheckpoint } from '../model/write-checkpoint.js';
import { formatCard, formatModelInfo } from '../sinks/model-table.js';

export interface InfoFlags {
  readonly context?: number;
  readonly json?: boolean;
}

export async function showInfo(path: string, flags: InfoFlags): Promise<void> {
  const checkpoint = await readCheckpoint(path);
  const { name, config, source } = checkpoint;
  const info = modelInfo(config, flags.context === undefined ? {} : { contextLength: flags.context });
  const hash = modelHash(checkpoint);
  const text =
    flags.json === true
      ? `${JSON.stringify({ name, source, hash, config, ...info })}\n`
      : formatModelInfo(checkpoint, hash, info);
  process.stdout.write(text);
}

export interface ImportFlags {
  readonly dtype: FloatFormat;
}

export async function importModel(path: string, folder: string, { dtype }: ImportFlags): Promise<void> {
  await writeCheckpoint(await readCheckpoint(path), folder, { format: dtype });
  process.stdout.write(`wrote ${folder} (${dtype})\n`);
}

export interface ExportFlags {
  readonly tokenizer?: string;
}

/** A model without a tokenizer can still be exported: the board does not need one. */
export async function exportModel(path: string, folder: string, flags: ExportFlags): Promise<void> {
  const checkpoint = await readCheckpoint(path);
  const tokenizerPath = await tokenizerFor(path, checkpoint.config.vocabSize, flags.tokenizer);
  const card = await exportCard(checkpoint, folder, tokenizerPath === undefined ? {} : { tokenizerPath });
  process.stdout.write(formatCard(card, tokenizerPath));
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
