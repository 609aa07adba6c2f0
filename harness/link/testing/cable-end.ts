import type { ModemLines } from '../../virtual/reset-pins.js';
import type { BytesListener } from '../../virtual/virtual-board.js';
import type { PluggedBoard } from '../virtual-ports.js';

/** The board's end of a cable with no board on it: what came from the host, and a way to send; bytes are latin1 characters. */
export class CableEnd implements PluggedBoard {
  readonly name: string;
  readonly mac = '24:6f:28:00:00:01';
  heard = '';
  baudRate = 0;
  readonly lines: ModemLines[] = [];
  readonly #bytes = new Set<BytesListener>();
  readonly #gone = new Set<(error?: Error) => void>();

  constructor(name: string) {
    this.name = name;
  }

  send(text: string, boardTimeUs = 0): void {
    for (const listener of this.#bytes) listener(Buffer.from(text, 'latin1'), boardTimeUs);
  }

  fail(error?: Error): void {
    for (const listener of this.#gone) listener(error);
  }

  write(bytes: Uint8Array): void {
    this.heard += Buffer.from(bytes).toString('latin1');
  }

  onBytes(listener: BytesListener): () => void {
    this.#bytes.add(listener);
    return () => this.#bytes.delete(listener);
  }

  onGone(listener: (error?: Error) => void): () => void {
    this.#gone.add(listener);
    return () => this.#gone.delete(listener);
  }

  setLines(lines: ModemLines): void {
    this.lines.push(lines);
  }

  setBaud(baudRate: number): void {
    this.baudRate = baudRate;
  }
}
