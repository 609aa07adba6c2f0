import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../errors.js';
import { MANIFEST, MODEL_CONFIG } from './card-folder.js';
import { QUANTIZATION_SCALES } from './card-scales.js';
import { HEAD_SCREEN } from './card-screen.js';
import { TENSOR_NAMES } from './checkpoint.js';

/** A file of a card that is not written yet. */
export interface Content {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** All that an export can have written. */
const CARD_FILES: ReadonlySet<string> = new Set([
  ...TENSOR_NAMES.map((name) => `${name}.bin`),
  QUANTIZATION_SCALES,
  HEAD_SCREEN,
  MODEL_CONFIG,
  MANIFEST,
  'tokenizer.bin',
  'tokenizer.json',
  'tokenizer_config.json',
]);

/**
 * A mistyped folder must not cost anyone their files: only what an export made may give way to an export.
 * @throws ConfigError `card-occupied`: names a file that no export wrote
 */
export async function requireReplaceable(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new ConfigError('card-occupied', `${folder} is no folder that can be listed`, {
      path: folder,
      cause,
    });
  });
  const stray = names.find((name) => !CARD_FILES.has(name));
  if (stray === undefined) return;
  const message = `${folder} holds ${stray}, which is no part of a card: name an empty folder for the export`;
  throw new ConfigError('card-occupied', message, { path: folder, file: stray });
}

/**
 * Puts a folder with these files in the place of what was there: whole, or not at all. What another process has put there meanwhile stays
 * when `isRight` says so: somebody may be reading it already.
 */
export async function replaceFolder(
  folder: string,
  contents: readonly Content[],
  isRight: () => Promise<boolean> = async () => false,
): Promise<void> {
  const fill = async (fresh: string) => {
    for (const { name, bytes } of contents) await writeFile(join(fresh, name), bytes);
  };
  await replaceFolderBy(folder, fill, isRight);
}

/** As `replaceFolder`, for files that are written by `fill`, into a folder beside; `isRight` is told which. */
export async function replaceFolderBy(
  folder: string,
  fill: (fresh: string) => Promise<void>,
  isRight: (fresh: string) => Promise<boolean>,
): Promise<void> {
  const fresh = `${folder}.new-${randomUUID()}`;
  const stale = `${folder}.old-${randomUUID()}`;
  await mkdir(fresh, { recursive: true });
  try {
    await fill(fresh);
    if ((await putWhereNone(fresh, folder)) || (await isRight(fresh))) return;
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

/** In one step, which fails where there is a folder with files. */
function putWhereNone(fresh: string, folder: string): Promise<boolean> {
  return rename(fresh, folder).then(
    () => true,
    () => false,
  );
}

function ignoreMissing(cause: unknown): void {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause;
}
