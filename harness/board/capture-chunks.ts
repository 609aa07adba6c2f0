import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../errors.js';
import { captureBytesFile, captureIndexFile, captureUnreadable } from './capture.js';
import type { LogEvent } from './log-event.js';
import { LogParser } from './log-parser.js';

export interface RxChunk {
  readonly dir: 'rx';
  /** Absent for bytes whose index line a crash kept from being written. */
  readonly atUs?: number;
  readonly bytes: Uint8Array;
  /** Of its first byte in all that was received. */
  readonly offset: number;
}

export interface TxChunk {
  readonly dir: 'tx';
  readonly atUs: number;
  readonly bytes: Uint8Array;
}

export type CaptureChunk = RxChunk | TxChunk;

const indexLineSchema = z.union([
  z.object({ dir: z.literal('rx'), at_us: z.number(), bytes: z.int().min(1), offset: z.int().min(0) }),
  z.object({ dir: z.literal('tx'), at_us: z.number(), text: z.string() }),
  z.object({ dir: z.literal('tx'), at_us: z.number(), base64: z.base64() }),
]);
type IndexLine = z.output<typeof indexLineSchema>;

/** Bytes without index are handed out in pieces of this size. */
const pieceBytes = 65_536;

/**
 * A recorded link, chunk by chunk in the order of their passing, in flat memory.
 * @throws ConfigError `capture-unreadable` when a file is missing, `capture-malformed` when the index contradicts the
 * bytes. Its last line may be cut short, as a crash leaves it.
 */
export async function* readCaptureChunks(folder: string): AsyncGenerator<CaptureChunk> {
  const bytesFile = await openForReading(join(folder, captureBytesFile));
  try {
    const totalBytes = (await bytesFile.stat()).size;
    let offset = 0;
    for await (const entry of readIndex(join(folder, captureIndexFile))) {
      if (entry.dir === 'tx') {
        yield { dir: 'tx', atUs: entry.at_us, bytes: sentBytes(entry) };
        continue;
      }
      if (entry.offset !== offset || offset + entry.bytes > totalBytes) throw malformed(folder, entry.offset);
      yield { dir: 'rx', atUs: entry.at_us, bytes: await readAt(bytesFile, offset, entry.bytes), offset };
      offset += entry.bytes;
    }
    for (; offset < totalBytes; offset += pieceBytes) {
      const bytes = await readAt(bytesFile, offset, Math.min(pieceBytes, totalBytes - offset));
      yield { dir: 'rx', bytes, offset };
    }
  } finally {
    await bytesFile.close();
  }
}

export interface TimedEvent {
  readonly event: LogEvent;
  /** When the chunk that ended it arrived; absent where the capture does not say. */
  readonly atUs?: number;
}

/** The events of a recorded link: the same as when it was recorded, however it was chunked then. */
export async function* readCaptureEvents(folder: string): AsyncGenerator<TimedEvent> {
  const parser = new LogParser();
  let stamp: { readonly atUs?: number } = {};
  for await (const chunk of readCaptureChunks(folder)) {
    if (chunk.dir === 'tx') continue;
    stamp = chunk.atUs === undefined ? {} : { atUs: chunk.atUs };
    for (const event of parser.push(chunk.bytes)) yield { event, ...stamp };
  }
  for (const event of parser.end()) yield { event, ...stamp };
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    throw captureUnreadable(path, cause);
  }
}

/** Ends before a last line that is cut short. */
async function* readIndex(path: string): AsyncGenerator<IndexLine> {
  const file = await openForReading(path);
  let line = 0;
  let broken: number | undefined;
  for await (const text of file.readLines()) {
    line++;
    if (broken !== undefined) throw malformedLine(path, broken);
    const entry = parseIndexLine(text);
    if (entry === undefined) broken = line;
    else yield entry;
  }
}

function parseIndexLine(text: string): IndexLine | undefined {
  try {
    return indexLineSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function sentBytes(entry: Extract<IndexLine, { dir: 'tx' }>): Uint8Array {
  return 'text' in entry ? Buffer.from(entry.text, 'latin1') : Buffer.from(entry.base64, 'base64');
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

function malformedLine(path: string, line: number): ConfigError {
  return new ConfigError(
    'capture-malformed',
    `${path}:${line}: not a chunk of a capture: record the run again`,
    { path, line },
  );
}

function malformed(folder: string, offset: number): ConfigError {
  const message = `${folder}: ${captureIndexFile} names bytes at ${offset} that are not next in ${captureBytesFile}: record the run again`;
  return new ConfigError('capture-malformed', message, { path: folder, offset });
}
