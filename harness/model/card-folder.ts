import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { MODEL_CONFIG, readCardFormats } from './card-config.js';
import { crc32Hex } from './crc32.js';
import { checkJson, parseJson } from './json-file.js';
import { unreadable } from './ranged-file.js';
import { CARD_FORMATS, type CardFormat } from './weight-format.js';

export interface CardFile {
  readonly name: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** 8 lower-case hex digits: what the board itself can check. */
  readonly crc32: string;
}

/** An exported model folder, as it lies on a board's SD card (firmware/FORMATS.md). */
export interface CardFolder {
  readonly folder: string;
  readonly weightFormat: CardFormat;
  /** In alphabetical order; the manifest itself is left out. */
  readonly files: readonly CardFile[];
  /** CRC-32 of the manifest's bytes, 8 lower-case hex digits, or `-` without one: as the board's `model` record has it. */
  readonly manifestHash: string;
}

export const MANIFEST = 'manifest.json';
export { MODEL_CONFIG } from './card-config.js';

/**
 * What a card folder claims to hold: its manifest's list, not compared with the files (see `firstDifference`).
 * Without a manifest, as the seeds' own export is, the files themselves are listed.
 * @throws ConfigError `card-missing`, or that of an unreadable or invalid manifest
 */
export async function readCardFolder(folder: string): Promise<CardFolder> {
  if (!existsSync(join(folder, MODEL_CONFIG))) {
    throw new ConfigError('card-missing', `no card folder at ${folder}: ${MODEL_CONFIG} is not in it`, {
      path: folder,
    });
  }
  return existsSync(join(folder, MANIFEST)) ? readManifest(folder) : listFiles(folder);
}

/** The name of the first listed file that is absent or differs from the manifest, or undefined when all agree. */
export async function firstDifference(card: CardFolder): Promise<string | undefined> {
  for (const file of card.files) {
    const path = join(card.folder, file.name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true || found.size !== file.bytes) return file.name;
    if (cardFile(file.name, await readBytes(path)).sha256 !== file.sha256) return file.name;
  }
  return undefined;
}

export function cardFile(name: string, bytes: Uint8Array): CardFile {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, bytes: bytes.byteLength, sha256, crc32: crc32Hex(bytes) };
}

/** The manifest's exact bytes; `files` in any order. */
export function manifestBytes(weightFormat: CardFormat, files: readonly CardFile[]): Uint8Array {
  const listed = alphabetical(files).map(({ name, bytes, sha256, crc32 }) => ({
    name,
    bytes,
    sha256,
    crc32,
  }));
  const text = JSON.stringify({ manifest: 1, weight_format: weightFormat, files: listed }, null, 1);
  return new TextEncoder().encode(`${text}\n`);
}

/** By code units, the same on every machine. */
export function alphabetical(files: readonly CardFile[]): CardFile[] {
  return [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const manifestSchema = z.object({
  manifest: z.literal(1),
  weight_format: z.enum(CARD_FORMATS),
  files: z.array(
    z.object({
      name: z.string().regex(/^\w[\w.-]*$/),
      bytes: z.int().nonnegative(),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      crc32: z.string().regex(/^[0-9a-f]{8}$/),
    }),
  ),
});

async function readManifest(folder: string): Promise<CardFolder> {
  const path = join(folder, MANIFEST);
  const bytes = await readBytes(path);
  const { weight_format, files } = checkJson(parseJson(bytes.toString('utf8'), path), path, manifestSchema);
  return { folder, weightFormat: weight_format, files, manifestHash: crc32Hex(bytes) };
}

async function listFiles(folder: string): Promise<CardFolder> {
  const { weightFormat } = await readCardFormats(join(folder, MODEL_CONFIG));
  const files: CardFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile()) files.push(cardFile(entry.name, await readBytes(join(folder, entry.name))));
  }
  return { folder, weightFormat, files: alphabetical(files), manifestHash: '-' };
}

function readBytes(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
}
