import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { TokenrackError, unwritable } from '../../errors.js';
import { tokenizerContents } from '../../model/card-contents.js';
import { exportCard } from '../../model/export-card.js';
import { QUANT_METHOD, type StoredQuantization } from '../../model/huggingface-quantized.js';
import { replaceFolderBy } from '../../model/replace-folder.js';
import { writeSafetensors } from '../../model/safetensors-write.js';
import { cardFolderName } from '../../model/weight-format.js';
import { configJson } from '../../model/write-checkpoint.js';
import type { QuantizedModel } from '../quantized-model.js';
import type { ValidationReport } from '../validation-report.js';
import { folderTensors, gridsOf } from './folder-tensors.js';
import { type CalibrationFacts, QUANTIZATION_CONFIG, quantizationConfig } from './quantization-config.js';
import { CARDS, requireOurs, VALIDATION_REPORT } from './require-ours.js';

export interface QuantizedFolderOptions {
  /** A tokenizer file that is carried along, with the settings beside it; into the card too. */
  readonly tokenizerPath?: string;
  readonly calibration?: CalibrationFacts;
  readonly report?: ValidationReport;
}

export interface WrittenFolder {
  readonly folder: string;
  /** The card folder inside, when a card format holds the build. */
  readonly cardFolder?: string;
}

/**
 * Writes a build as a Hugging Face folder (harness/quantization/QUANTIZATION.md, "Folders"): whole or not at all; where
 * exactly this lies already, to the byte, nothing is written. A folder that is not a build of ours is refused, never replaced.
 * @throws ConfigError `folder-occupied`, `folder-unwritable`, `card-json-size`, or that of an unreadable tokenizer file; InfraError `disk-full`
 */
export async function writeQuantizedFolder(
  model: QuantizedModel,
  folder: string,
  options: QuantizedFolderOptions = {},
): Promise<WrittenFolder> {
  await requireOurs(folder);
  const target = resolve(folder);
  try {
    await replaceFolderBy(
      target,
      (fresh) => fill(fresh, model, options),
      (fresh) => sameFiles(fresh, target).catch(() => false),
    );
  } catch (cause) {
    if (cause instanceof TokenrackError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unwritable('folder-unwritable', `cannot write ${folder}: ${reason}`, { path: folder, cause });
  }
  const { packed } = model;
  if (packed === undefined) return { folder };
  return { folder, cardFolder: join(folder, CARDS, cardFolderName(packed.weightFormat)) };
}

async function fill(folder: string, model: QuantizedModel, options: QuantizedFolderOptions): Promise<void> {
  const { tokenizerPath, calibration, report } = options;
  const writeJson = (name: string, value: unknown) =>
    writeFile(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
  await writeSafetensors(join(folder, 'model.safetensors'), folderTensors(model), 'float32');
  const quantization: StoredQuantization = {
    quant_method: QUANT_METHOD,
    version: 1,
    matrices: gridsOf(model),
  };
  await writeJson('config.json', {
    ...configJson(model.source, 'float32'),
    quantization_config: quantization,
  });
  await writeJson(QUANTIZATION_CONFIG, quantizationConfig(model, calibration));
  if (report !== undefined) await writeJson(VALIDATION_REPORT, report);
  for (const { name, bytes } of await tokenizerContents(tokenizerPath))
    await writeFile(join(folder, name), bytes);
  if (model.packed === undefined) return;
  const card = join(folder, CARDS, cardFolderName(model.packed.weightFormat));
  await exportCard(model.packed, card, tokenizerPath === undefined ? {} : { tokenizerPath });
}

/** The same names with the same bytes, all the way down. */
async function sameFiles(folder: string, other: string): Promise<boolean> {
  const [entries, others] = await Promise.all([listed(folder), listed(other)]);
  if (entries.join('\n') !== others.join('\n')) return false;
  for (const name of entries) {
    const [bytes, found] = await Promise.all([folder, other].map((at) => contents(join(at, name))));
    if (bytes === undefined ? found !== undefined : found === undefined || !bytes.equals(found)) return false;
  }
  return true;
}

async function listed(folder: string): Promise<readonly string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

/** Of a file; a folder has none. */
function contents(path: string): Promise<Buffer | undefined> {
  return readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EISDIR') return undefined;
    throw error;
  });
}
