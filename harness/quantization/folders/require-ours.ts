import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { readJsonFile } from '../../model/json-file.js';
import { requireReplaceable } from '../../model/replace-folder.js';
import { QUANTIZATION_CONFIG, quantizationConfigSchema } from './quantization-config.js';

export const CARDS = 'card';
export const VALIDATION_REPORT = 'validation_report.json';

/** All that `writeQuantizedFolder` can have written. */
const FOLDER_FILES: ReadonlySet<string> = new Set([
  'model.safetensors',
  'config.json',
  QUANTIZATION_CONFIG,
  VALIDATION_REPORT,
  'tokenizer.bin',
  'tokenizer.json',
  'tokenizer_config.json',
  CARDS,
]);

/**
 * A mistyped folder must not cost anyone their model: only a quantized folder of ours, with nothing else in it, may give
 * way to another. Hugging Face's own files alone could be anybody's.
 * @throws ConfigError `folder-occupied`, `card-occupied`
 */
export async function requireOurs(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const names = await readdir(folder).catch((cause: unknown) => {
    throw occupied(folder, 'is no folder that can be listed', cause);
  });
  if (names.length === 0) return;
  const stray = names.find((name) => !FOLDER_FILES.has(name));
  if (stray !== undefined) throw occupied(folder, `holds ${stray}, which is no part of a quantized model`);
  await readJsonFile(join(folder, QUANTIZATION_CONFIG), quantizationConfigSchema).catch((cause: unknown) => {
    throw occupied(folder, `holds a model that tokenrack did not quantize`, cause);
  });
  if (names.includes(CARDS)) await requireCards(join(folder, CARDS));
}

async function requireCards(folder: string): Promise<void> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw occupied(folder, 'is no folder that can be listed', cause);
  });
  for (const name of names) await requireReplaceable(join(folder, name));
}

function occupied(folder: string, reason: string, cause?: unknown): ConfigError {
  const message = `${folder} ${reason}: name another folder for the build`;
  return new ConfigError('folder-occupied', message, {
    path: folder,
    ...(cause === undefined ? {} : { cause }),
  });
}
