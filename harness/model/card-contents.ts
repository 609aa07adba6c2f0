import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ConfigError } from '../errors.js';
import { cardConfigBytes, MODEL_CONFIG, storedMatrices } from './card-config.js';
import { cardScalesBytes, QUANTIZATION_SCALES } from './card-scales.js';
import { NORM_NAMES, type PackedModel } from './packed-model.js';
import { unreadable } from './ranged-file.js';
import type { Content } from './replace-folder.js';

/** The firmware reads no JSON file of more (firmware/FORMATS.md). */
const LARGEST_JSON_BYTES = 4096;

/**
 * The files of a card, but for its screen and its manifest.
 * @throws ConfigError `card-json-size` for a model with too many layers, or that of an unreadable tokenizer file
 */
export async function cardContents(
  model: PackedModel,
  tokenizerPath: string | undefined,
): Promise<Content[]> {
  const stored = storedMatrices(model.config).map((name) => [name, model.tensors[name]] as const);
  const scales = cardScalesBytes(Object.fromEntries(stored));
  return [
    ...stored.map(([name, { bytes }]) => ({ name: `${name}.bin`, bytes })),
    ...NORM_NAMES.map((name) => ({ name: `${name}.bin`, bytes: bytesOf(model.norms[name]) })),
    readable({ name: MODEL_CONFIG, bytes: cardConfigBytes(model) }),
    ...(scales === undefined ? [] : [readable({ name: QUANTIZATION_SCALES, bytes: scales })]),
    ...(await tokenizerContents(tokenizerPath)),
  ];
}

/** @throws ConfigError `card-json-size` for what the board could not read */
export function readable(content: Content): Content {
  const { name, bytes } = content;
  if (bytes.length <= LARGEST_JSON_BYTES) return content;
  const message = `${name} would have ${bytes.length} bytes; the firmware reads at most ${LARGEST_JSON_BYTES}`;
  throw new ConfigError('card-json-size', message, { file: name, bytes: bytes.length });
}

/** Under the names by which `findTokenizer` finds them again; a tokenizer.json brings its tokenizer_config.json along. */
export async function tokenizerContents(path: string | undefined): Promise<Content[]> {
  if (path === undefined) return [];
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (!path.endsWith('.json')) return [{ name: 'tokenizer.bin', bytes }];
  const companion = join(dirname(path), 'tokenizer_config.json');
  const contents: Content[] = [{ name: 'tokenizer.json', bytes }];
  if (existsSync(companion)) contents.push({ name: basename(companion), bytes: await readFile(companion) });
  return contents;
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
