import { isUtf8 } from 'node:buffer';
import type { z } from 'zod';
import { ConfigError } from '../errors.js';
import { jsonFaultOffset, lineAt } from './json-fault.js';
import { RangedFile } from './ranged-file.js';

const LARGEST_JSON_BYTES = 128 * 1024 * 1024;

/**
 * Reads a JSON file and checks it against its schema.
 * @throws ConfigError `file-missing`, `file-unreadable`, `text-encoding`, `json-syntax` (with the line) or `json-invalid` (with the key)
 */
export async function readJsonFile<T extends z.ZodType>(path: string, schema: T): Promise<z.output<T>> {
  return checkJson(parseJson(await readText(path), path), path, schema);
}

/**
 * The whole of a UTF-8 text file.
 * @throws ConfigError `file-missing`, `file-unreadable`, or `text-encoding` for bytes that are not UTF-8
 */
export async function readText(path: string): Promise<string> {
  await using file = await RangedFile.open(path);
  if (file.sizeBytes > LARGEST_JSON_BYTES) {
    throw new ConfigError('file-unreadable', `${path} is too large for JSON: ${file.sizeBytes} bytes`, {
      path,
    });
  }
  const bytes = await file.read(0, file.sizeBytes);
  if (!isUtf8(bytes)) throw new ConfigError('text-encoding', `${path} is not UTF-8 text`, { path });
  return new TextDecoder().decode(bytes);
}

/** @throws ConfigError `json-syntax`: one line with `path:line`, or the path alone for a one-line header */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const offset = jsonFaultOffset(text) ?? text.length;
    const line = lineAt(text, offset);
    throw new ConfigError('json-syntax', `${path}:${line}: not JSON: ${whatIsThere(text, offset)}`, {
      path,
      line,
      cause,
    });
  }
}

/** @throws ConfigError `json-invalid`: one line that names the first key that is wrong */
export function checkJson<T extends z.ZodType>(value: unknown, path: string, schema: T): z.output<T> {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  const issue = checked.error.issues[0]!;
  throw new ConfigError('json-invalid', `${path}: ${describeIssue(issue)}`, {
    path,
    key: issue.path.map(String).join('.'),
  });
}

/** One line: the key, and what is wrong with it. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const key = issue.path.map(String).join('.');
  if (key !== '' && issue.message.endsWith('received undefined')) return `${key} is missing`;
  return `${key === '' ? '' : `${key}: `}${issue.message.replace(/\s+/g, ' ')}`;
}

function whatIsThere(text: string, offset: number): string {
  return offset >= text.length ? 'it ends too early' : `unexpected ${JSON.stringify(text[offset])}`;
}
