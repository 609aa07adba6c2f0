import { type FileHandle, open } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Reads the whole lines of a file that grows, from a byte offset on: those that begin there or later. What comes after the last
 * newline is not a line yet.
 */
export class LineTail implements AsyncDisposable {
  private file: FileHandle | undefined;
  private rest: Buffer = Buffer.alloc(0);
  /** Where `rest` begins. */
  private position: number;
  private aligned: boolean;

  constructor(
    private readonly path: string,
    offset: number,
  ) {
    this.position = Math.max(0, offset - 1);
    this.aligned = offset === 0;
  }

  /** Hands over what is there by now; each line with the offset after it. A file that is not there yet has no lines. */
  async read(onLine: (text: string, next: number) => void | Promise<void>): Promise<void> {
    this.file ??= await open(this.path).catch(refuseUnlessMissing);
    if (this.file === undefined) return;
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await this.file.read(buffer, 0, CHUNK_BYTES, this.position + this.rest.length);
      if (bytesRead === 0) return;
      this.rest = Buffer.concat([this.rest, buffer.subarray(0, bytesRead)]);
      await this.handOver(onLine);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.file?.close();
  }

  private async handOver(onLine: (text: string, next: number) => void | Promise<void>): Promise<void> {
    for (;;) {
      const end = this.rest.indexOf(NEWLINE);
      if (end < 0) return;
      const text = this.rest.subarray(0, end).toString('utf8');
      this.rest = this.rest.subarray(end + 1);
      this.position += end + 1;
      // Starting one byte early, what comes before the first newline belongs to a line that began before the offset.
      if (this.aligned) await onLine(text, this.position);
      this.aligned = true;
    }
  }
}

function refuseUnlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
