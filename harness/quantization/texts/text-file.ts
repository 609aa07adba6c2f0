import { ConfigError } from '../../errors.js';
import { readText } from '../../model/json-file.js';
import type { Tokenizer } from '../../model/tokenizer.js';

/** Token ids, the beginning token first. */
export type Document = readonly number[];

/** The documents of a text file: what blank lines separate. */
export function splitDocuments(text: string): string[] {
  return text
    .split(/\r?\n[ \t]*(?:\r?\n)+/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

/**
 * The documents of a text file, cut to `length` tokens.
 * @throws ConfigError `text-empty`, `text-encoding` for a file that is not UTF-8 text, or that of an unreadable file
 */
export async function readDocuments(
  path: string,
  tokenizer: Pick<Tokenizer, 'encode'>,
  length: number,
): Promise<Document[]> {
  const text = await readText(path);
  // UTF-16 and many files of numbers are UTF-8 as far as their bytes go.
  if (text.includes('\0'))
    throw new ConfigError('text-encoding', `${path} is not text: it has zero bytes`, { path });
  const documents = splitDocuments(text).map((one) => tokenizer.encode(one).slice(0, length));
  const usable = documents.filter((ids) => ids.length > 1);
  if (usable.length > 0) return usable;
  throw new ConfigError('text-empty', `${path} has no text: documents are separated by blank lines`, {
    path,
  });
}
