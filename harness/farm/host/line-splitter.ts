const NEWLINE = 0x0a;

/** Bytes to lines, of bounded length. A line that grows beyond the bound is told once, by `undefined`, and nothing after it. */
export class LineSplitter {
  private parts: Uint8Array[] = [];
  private bytes = 0;
  private broken = false;

  constructor(private readonly longest: number) {}

  push(chunk: Uint8Array): (string | undefined)[] {
    const lines: (string | undefined)[] = [];
    let start = 0;
    while (!this.broken) {
      const end = chunk.indexOf(NEWLINE, start);
      this.keep(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (this.bytes > this.longest) {
        this.broken = true;
        this.take();
        lines.push(undefined);
        break;
      }
      if (end < 0) break;
      lines.push(this.take());
      start = end + 1;
    }
    return lines;
  }

  private keep(part: Uint8Array): void {
    if (part.length > 0) this.parts.push(part);
    this.bytes += part.length;
  }

  private take(): string {
    const text = Buffer.concat(this.parts).toString('utf8');
    this.parts = [];
    this.bytes = 0;
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }
}
