import { ReadlineParser } from '@serialport/parser-readline';

/** A line as it came: `raw` with its line end, if it has one. */
export interface SplitLine {
  readonly offset: number;
  readonly raw: Buffer;
  /** False for a piece that the length limit cut off, and for what was left when the log ended. */
  readonly ended: boolean;
}

const defaultMaxLineBytes = 4096;

/**
 * Splits a byte stream into lines, whatever its chunks. A device that never sends `\n` cannot grow memory: a line
 * of more than `maxLineBytes` comes in pieces of exactly that many bytes. Bytes pass unchanged, all 256 of them.
 */
export class LineSplitter {
  private readonly lines: ReadlineParser;
  private offset = 0;
  private pendingBytes = 0;

  constructor(private readonly maxLineBytes: number = defaultMaxLineBytes) {
    // Latin-1 maps each byte to one character and back. Object mode keeps one line one object: in byte mode
    // a stream may join what it buffers.
    this.lines = new ReadlineParser({
      encoding: 'latin1',
      includeDelimiter: true,
      readableObjectMode: true,
      readableHighWaterMark: Number.MAX_SAFE_INTEGER,
    });
  }

  push(bytes: Uint8Array): SplitLine[] {
    const lines: SplitLine[] = [];
    let at = 0;
    while (at < bytes.length) {
      const piece = bytes.subarray(at, at + this.maxLineBytes - this.pendingBytes);
      at += piece.length;
      this.pendingBytes += piece.length;
      this.lines.write(Buffer.from(piece));
      lines.push(...this.take());
      if (this.pendingBytes >= this.maxLineBytes) lines.push(...this.cut());
    }
    return lines;
  }

  /** What is left without a line end. The splitter may be used on: offsets go on counting. */
  end(): SplitLine[] {
    return this.pendingBytes > 0 ? this.cut() : [];
  }

  private take(): SplitLine[] {
    const lines: SplitLine[] = [];
    for (let line = this.read(); line !== undefined; line = this.read()) {
      this.pendingBytes -= line.length;
      lines.push(this.place(line, true));
    }
    return lines;
  }

  /** Makes the parser give up its unfinished line by a line end of ours, which is taken off again. */
  private cut(): SplitLine[] {
    this.lines.write('\n');
    const line = this.read();
    this.pendingBytes = 0;
    return line === undefined ? [] : [this.place(line.subarray(0, -1), false)];
  }

  private read(): Buffer | undefined {
    const line: unknown = this.lines.read();
    return typeof line === 'string' ? Buffer.from(line, 'latin1') : undefined;
  }

  private place(raw: Buffer, ended: boolean): SplitLine {
    const offset = this.offset;
    this.offset += raw.length;
    return { offset, raw, ended };
  }
}
