/** A piece of the chip's output while it boots. */
export interface BootLine {
  /** With its line ending. */
  readonly text: string;
  /** Microseconds since the reset at which its first bit leaves. */
  readonly atUs: number;
}

/** Ten bits a byte at 115200 baud: ROM and bootloader wait for their output. */
const usPerByte = 10e6 / 115_200;

/** Collects boot output with the time that printing it, and reading flash in between, takes. */
export class BootLog {
  readonly lines: BootLine[] = [];
  nowUs = 0;
  readonly #readUsPerByte: number;

  /** `readUsPerByte`: of flash, as the boot reads it. */
  constructor(readUsPerByte = 0) {
    this.#readUsPerByte = readUsPerByte;
  }

  /** Prints lines as they are, each ended by CR LF. */
  print(...lines: string[]): void {
    for (const line of lines) {
      const text = `${line}\r\n`;
      this.lines.push({ text, atUs: Math.round(this.nowUs) });
      this.nowUs += text.length * usPerByte;
    }
  }

  /** Prints in ESP-IDF's log format, stamped with the milliseconds since the reset. */
  info(tag: string, message: string): void {
    this.print(`I (${Math.floor(this.nowUs / 1000)}) ${tag}: ${message}`);
  }

  error(tag: string, message: string): void {
    this.print(`E (${Math.floor(this.nowUs / 1000)}) ${tag}: ${message}`);
  }

  readFlash(bytes: number): void {
    this.nowUs += bytes * this.#readUsPerByte;
  }

  wait(us: number): void {
    this.nowUs += us;
  }
}
