import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, InfraError } from '../errors.js';
import type { LinkTap } from './event-line.js';

/** What the board sent, byte for byte: `cat` shows the log. */
export const captureBytesFile = 'uart.bin';

/** One JSON line for each chunk of either direction, in the order of their passing. */
export const captureIndexFile = 'uart.jsonl';

/**
 * Records a link, both directions, into `uart.bin` and `uart.jsonl` of a folder:
 *
 *     {"dir":"rx","at_us":1200,"bytes":64,"offset":0}   bytes 0..63 of uart.bin arrived at 1200 us
 *     {"dir":"tx","at_us":1500,"text":"#1 hello ..."}   or "base64" when it is not printable ASCII
 *
 * Every chunk is written through as it passes, so that a crash keeps what came, and memory stays flat. A chunk's
 * bytes are written before its index line: an index never promises bytes that are not there. Opening a folder that
 * already holds a capture appends to it.
 */
export class Capture implements LinkTap, AsyncDisposable {
  private offset: number;
  private closed = false;

  private constructor(
    private readonly folder: string,
    private readonly bytesFile: number,
    private readonly indexFile: number,
  ) {
    this.offset = fstatSync(bytesFile).size;
  }

  /** @throws InfraError `capture-failed` when the folder cannot be written. */
  static async open(folder: string): Promise<Capture> {
    try {
      const bytesFile = openSync(join(folder, captureBytesFile), 'a');
      return new Capture(folder, bytesFile, openSync(join(folder, captureIndexFile), 'a'));
    } catch (error) {
      throw captureFailed(folder, error);
    }
  }

  rx(bytes: Uint8Array, atUs: number): void {
    if (bytes.length === 0) return;
    this.write(this.bytesFile, bytes);
    this.note({ dir: 'rx', at_us: Math.round(atUs), bytes: bytes.length, offset: this.offset });
    this.offset += bytes.length;
  }

  tx(bytes: Uint8Array, atUs: number): void {
    if (bytes.length === 0) return;
    const text = Buffer.from(bytes).toString('latin1');
    const content = isPlain(text) ? { text } : { base64: Buffer.from(bytes).toString('base64') };
    this.note({ dir: 'tx', at_us: Math.round(atUs), ...content });
  }

  /** Idempotent. What passes afterwards is not recorded. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    closeSync(this.bytesFile);
    closeSync(this.indexFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private note(line: object): void {
    this.write(this.indexFile, Buffer.from(`${JSON.stringify(line)}\n`));
  }

  private write(file: number, bytes: Uint8Array): void {
    if (this.closed) return;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    } catch (error) {
      throw captureFailed(this.folder, error);
    }
  }
}

/** Printable ASCII with line ends: readable in the index as it is. */
function isPlain(text: string): boolean {
  return /^[\x20-\x7e\r\n\t]*$/.test(text);
}

function captureFailed(folder: string, cause: unknown): InfraError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new InfraError(
    'capture-failed',
    `cannot record the link in ${folder} (${why}): free space or choose another folder`,
    {
      path: folder,
      cause,
    },
  );
}

export interface RecordedCapture {
  /** All that the board sent. */
  readonly rx: Uint8Array;
}

/**
 * All received bytes of a recorded folder at once; `readCaptureChunks` has both directions and times.
 * @throws ConfigError `capture-unreadable` when there is none.
 */
export async function readCapture(folder: string): Promise<RecordedCapture> {
  const path = join(folder, captureBytesFile);
  try {
    return { rx: await readFile(path) };
  } catch (cause) {
    throw captureUnreadable(path, cause);
  }
}

export function captureUnreadable(path: string, cause: unknown): ConfigError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new ConfigError(
    'capture-unreadable',
    `cannot read the capture (${why}): name a folder that a run recorded`,
    { path, cause },
  );
}
