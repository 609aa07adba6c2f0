import { join } from 'node:path';
import { z } from 'zod';
import type { Tokenizer } from '../model/tokenizer.js';
import { type RunFolder, readRunFile } from '../results/run-folder.js';

/** Bytes of every token that occurs in the run, base64 by id: texts can be made without the tokenizer. `pieces.json`. */
const piecesSchema = z.record(z.string(), z.string());

export type Pieces = ReadonlyMap<number, Uint8Array>;

export async function writePieces(
  folder: RunFolder,
  ids: ReadonlySet<number>,
  tokenizer: Tokenizer,
): Promise<void> {
  const pieces = [...ids]
    .toSorted((a, b) => a - b)
    .map((id) => [id, Buffer.from(tokenizer.tokenBytes(id)).toString('base64')]);
  await folder.write('pieces.json', `${JSON.stringify(Object.fromEntries(pieces))}\n`);
}

/** @throws ConfigError when the run has none. */
export async function readPieces(folder: RunFolder): Promise<Pieces> {
  const stored = await readRunFile(join(folder.path, 'pieces.json'), piecesSchema);
  return new Map(Object.entries(stored).map(([id, bytes]) => [Number(id), Buffer.from(bytes, 'base64')]));
}

export function textFromPieces(tokens: readonly { readonly id: number }[], pieces: Pieces): string {
  return Buffer.concat(tokens.map((token) => pieces.get(token.id) ?? new Uint8Array())).toString('utf8');
}
