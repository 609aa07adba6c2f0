import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError } from '../errors.js';
import {
  alphabetical,
  type CardFile,
  type CardFolder,
  cardFile,
  firstDifference,
  MANIFEST,
  MODEL_CONFIG,
  manifestBytes,
} from './card-folder.js';
import { type Checkpoint, TENSOR_NAMES } from './checkpoint.js';
import { crc32Hex } from './crc32.js';
import { requireFinite } from './finite-weights.js';
import { huggingFaceNames } from './huggingface-config.js';
import { unreadable } from './ranged-file.js';
import type { WeightFormat } from './weight-format.js';

export type { CardFile, CardFolder } from './card-folder.js';

interface Content {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Writes the card folder of firmware/FORMATS.md, with the tokenizer beside the weights when it is named. The folder
 * appears whole or not at all; when it already holds exactly this, to the byte, nothing is written. A folder that
 * holds anything but a card is refused, never replaced.
 * @param folder the card folder itself, such as `card/tinyllm_float32_weights`
 * @throws ConfigError `card-occupied`, `card-unwritable`, `weight-not-finite`, or that of an unreadable tokenizer file
 */
export async function exportCard(
  checkpoint: Checkpoint,
  folder: string,
  options: { readonly tokenizerPath?: string } = {},
): Promise<CardFolder> {
  const weightFormat: WeightFormat = 'float32';
  const contents = [
    ...weightContents(checkpoint),
    configContent(checkpoint, weightFormat),
    ...(await tokenizerContents(options.tokenizerPath)),
  ];
  const files = alphabetical(contents.map(({ name, bytes }) => cardFile(name, bytes)));
  const manifest = manifestBytes(weightFormat, files);
  const card: CardFolder = { folder, weightFormat, files, manifestHash: crc32Hex(manifest) };
  if (await holdsExactly(card, manifest)) return card;
  await requireReplaceable(folder, files);
  try {
    await replaceFolder(resolve(folder), [...contents, { name: MANIFEST, bytes: manifest }]);
  } catch (cause) {
    // Another process may have exported the same model here at the same moment.
    if (await holdsExactly(card, manifest)) return card;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot write the card folder ${folder}: ${reason}`;
    throw new ConfigError('card-unwritable', message, { path: folder, cause });
  }
  return card;
}

function weightContents({ config, tensors, source }: Checkpoint): Content[] {
  const names = TENSOR_NAMES.filter((name) => name !== 'lm_head' || !config.tiedHead);
  return names.map((name) => {
    const values = tensors[name];
    requireFinite(values, name, source.path);
    return {
      name: `${name}.bin`,
      bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    };
  });
}

function configContent({ config }: Checkpoint, weightFormat: WeightFormat): Content {
  const text = JSON.stringify({ ...huggingFaceNames(config), weight_format: weightFormat }, null, 1);
  return { name: MODEL_CONFIG, bytes: new TextEncoder().encode(`${text}\n`) };
}

/** Under the names by which `findTokenizer` finds them again; a tokenizer.json brings its tokenizer_config.json along. */
async function tokenizerContents(path: string | undefined): Promise<Content[]> {
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

async function holdsExactly(card: CardFolder, manifest: Uint8Array): Promise<boolean> {
  const found = await readFile(join(card.folder, MANIFEST)).catch(() => undefined);
  if (found === undefined || Buffer.compare(found, manifest) !== 0) return false;
  const names = await readdir(card.folder);
  return names.length === card.files.length + 1 && (await firstDifference(card)) === undefined;
}

const TOKENIZER_FILES = ['tokenizer.bin', 'tokenizer.json', 'tokenizer_config.json'];

/** A mistyped folder must not cost anyone their files: only what an export made may give way to an export. */
async function requireReplaceable(folder: string, files: readonly CardFile[]): Promise<void> {
  if (!existsSync(folder)) return;
  const ours = new Set([
    ...TENSOR_NAMES.map((name) => `${name}.bin`),
    MODEL_CONFIG,
    MANIFEST,
    ...TOKENIZER_FILES,
  ]);
  for (const { name } of files) ours.add(name);
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new ConfigError('card-occupied', `${folder} is no folder that can be listed`, {
      path: folder,
      cause,
    });
  });
  const stray = names.find((name) => !ours.has(name));
  if (stray === undefined) return;
  const message = `${folder} holds ${stray}, which is no part of a card: name an empty folder for the export`;
  throw new ConfigError('card-occupied', message, { path: folder, file: stray });
}

async function replaceFolder(folder: string, contents: readonly Content[]): Promise<void> {
  const fresh = `${folder}.new-${randomUUID()}`;
  const stale = `${folder}.old-${randomUUID()}`;
  await mkdir(fresh, { recursive: true });
  try {
    for (const { name, bytes } of contents) await writeFile(join(fresh, name), bytes);
    await rename(folder, stale).catch(ignoreMissing);
    await rename(fresh, folder).catch(async (cause: unknown) => {
      await rename(stale, folder).catch(() => undefined);
      throw cause;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
    await rm(stale, { recursive: true, force: true });
  }
}

function ignoreMissing(cause: unknown): void {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause;
}
