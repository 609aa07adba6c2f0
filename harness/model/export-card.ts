import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { unwritable } from '../errors.js';
import { cardContents, readable } from './card-contents.js';
import {
  alphabetical,
  type CardFolder,
  cardFile,
  firstDifference,
  MANIFEST,
  manifestBytes,
} from './card-folder.js';
import { deservesScreen, HEAD_SCREEN, headScreen, keptScreen } from './card-screen.js';
import type { Checkpoint } from './checkpoint.js';
import { crc32Hex } from './crc32.js';
import { packModel } from './pack-model.js';
import type { PackedModel } from './packed-model.js';
import { type Content, replaceFolder, requireReplaceable } from './replace-folder.js';
import type { CardFormat } from './weight-format.js';

export type { CardFile, CardFolder } from './card-folder.js';

export interface ExportOptions {
  /** A tokenizer file that is carried along, with the settings beside it. */
  readonly tokenizerPath?: string;
  /** Whether to write lm_head.screen; by default for the heads that deserve one. */
  readonly screen?: boolean;
}

/** A card as it shall be: its list, and all its files. */
interface Draft {
  readonly card: CardFolder;
  readonly contents: readonly Content[];
  readonly manifest: Uint8Array;
}

/**
 * Writes the card folder of firmware/FORMATS.md: of a packed model in its formats, of a checkpoint in float32. The folder
 * appears whole or not at all; when it already holds exactly this, to the byte, nothing is written. A folder that
 * holds anything but a card is refused, never replaced.
 * @param folder the card folder itself, such as `card/tinyllm_float32_weights`
 * @throws ConfigError `card-occupied`, `card-unwritable`, `card-json-size`, `weight-not-finite`, or that of an unreadable tokenizer file;
 * InfraError `disk-full`
 */
export async function exportCard(
  model: Checkpoint | PackedModel,
  folder: string,
  options: ExportOptions = {},
): Promise<CardFolder> {
  const packed = 'weightFormat' in model ? model : packModel(model, 'float32');
  const { tokenizerPath, screen = deservesScreen(packed) } = options;
  const contents = await cardContents(packed, tokenizerPath);
  const kept = screen ? await keptScreen(folder, packed) : undefined;
  if (kept !== undefined) {
    const same = draft(folder, packed.weightFormat, [...contents, { name: HEAD_SCREEN, bytes: kept }]);
    if (await holdsExactly(same)) return same.card;
  }
  if (screen) contents.push({ name: HEAD_SCREEN, bytes: headScreen(packed) });
  return write(draft(folder, packed.weightFormat, contents));
}

function draft(folder: string, weightFormat: CardFormat, contents: readonly Content[]): Draft {
  const files = alphabetical(contents.map(({ name, bytes }) => cardFile(name, bytes)));
  const { bytes: manifest } = readable({ name: MANIFEST, bytes: manifestBytes(weightFormat, files) });
  return { card: { folder, weightFormat, files, manifestHash: crc32Hex(manifest) }, contents, manifest };
}

async function write(draft: Draft): Promise<CardFolder> {
  const { card, contents, manifest } = draft;
  const { folder } = card;
  if (await holdsExactly(draft)) return card;
  await requireReplaceable(folder);
  try {
    const files = [...contents, { name: MANIFEST, bytes: manifest }];
    await replaceFolder(resolve(folder), files, () => holdsExactly(draft));
  } catch (cause) {
    // Another process may have exported the same model here at the same moment.
    if (await holdsExactly(draft)) return card;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot write the card folder ${folder}: ${reason}`;
    throw unwritable('card-unwritable', message, { path: folder, cause });
  }
  return card;
}

async function holdsExactly({ card, manifest }: Draft): Promise<boolean> {
  const found = await readFile(join(card.folder, MANIFEST)).catch(() => undefined);
  if (found === undefined || Buffer.compare(found, manifest) !== 0) return false;
  const names = await readdir(card.folder);
  return names.length === card.files.length + 1 && (await firstDifference(card)) === undefined;
}
