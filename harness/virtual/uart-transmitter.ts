import type { VirtualClock } from './clock.js';
import { characterUs } from './wire.js';

/** Bytes that left the board at `baudRate`; the last one's stop bit ended at `endUs` of the board's total time. */
export interface SentBytes {
  readonly bytes: Uint8Array;
  readonly endUs: number;
  readonly baudRate: number;
}

/** The sending half of the board's UART: a FIFO that the wire empties at the pace of the baud rate. */
export class UartTransmitter {
  readonly #clock: VirtualClock;
  readonly #fifoBytes: number;
  readonly #emit: (sent: SentBytes) => void;
  #baudRate: number;
  #freeAtUs = 0;

  /** `emit` is called at the write, with the time at which the bytes will have left: nothing overtakes them. */
  constructor(clock: VirtualClock, fifoBytes: number, baudRate: number, emit: (sent: SentBytes) => void) {
    this.#clock = clock;
    this.#fifoBytes = fifoBytes;
    this.#baudRate = baudRate;
    this.#emit = emit;
  }

  get baudRate(): number {
    return this.#baudRate;
  }

  /** When the last queued bit has left, in total time. */
  get freeAtUs(): number {
    return this.#freeAtUs;
  }

  /** Queues a copy of `bytes`. The clock moves on until the FIFO holds all that has not left yet. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const byteUs = characterUs(this.#baudRate);
    const startUs = Math.max(this.#clock.totalUs, this.#freeAtUs);
    this.#freeAtUs = startUs + bytes.length * byteUs;
    this.#emit({ bytes: bytes.slice(), endUs: this.#freeAtUs, baudRate: this.#baudRate });
    this.#clock.advanceTo(this.#freeAtUs - this.#fifoBytes * byteUs);
  }

  /** Waits for the last bit. */
  flush(): void {
    this.#clock.advanceTo(this.#freeAtUs);
  }

  /** What was queued before leaves at the old rate. */
  setBaud(baudRate: number): void {
    this.#baudRate = baudRate;
  }

  /** The chip was reset: the FIFO is empty, the wire idle. */
  reset(baudRate: number): void {
    this.#baudRate = baudRate;
    this.#freeAtUs = this.#clock.totalUs;
  }
}
