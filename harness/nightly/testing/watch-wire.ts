import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchEvent } from '../../bench/events.js';
import { captureBytesFile } from '../../board/capture.js';
import { pluggedBoards } from '../../link/virtual-ports.js';
import type { VirtualBoard } from '../../virtual/virtual-board.js';

/** What a board put on its wire in a session, and what was recorded of it. */
export interface WireCheck {
  /** By the virtual UART's own counter, from loading the model to the end. */
  readonly sentBytes: number;
  /** Of those, what came out of the board's thread. */
  readonly heardBytes: number;
  /** Whether the capture ends with exactly the bytes that were heard since the boot. */
  readonly recorded: boolean;
  readonly captureBytes: number;
  /** The board's time over its whole life, in microseconds. */
  readonly boardUs: number;
}

/**
 * Listens beside the harness, between the board's thread and the port, from when the app has booted. The count begins
 * when the board has answered all that opened the session and waits for `load`: nothing is on the wire at that moment.
 */
export class WireWatch {
  #board: VirtualBoard | undefined;
  #mark = { sentBytes: 0, heardBytes: 0 };
  readonly #heard: Uint8Array[] = [];

  onEvent(event: BenchEvent): void {
    if (event.type === 'booted') {
      const plugged = pluggedBoards().find(({ name }) => name === event.board);
      this.#board = plugged as VirtualBoard;
      this.#board.onBytes((bytes) => this.#heard.push(bytes));
    } else if (event.type === 'loading' && this.#board !== undefined) {
      const sentBytes = this.#board.counters().uartSentBytes;
      this.#mark = { sentBytes, heardBytes: lengthOf(this.#heard) };
    }
  }

  /** @throws Error when the board never booted */
  async check(attemptFolder: string): Promise<WireCheck> {
    if (this.#board === undefined) throw new Error(`${attemptFolder}: the board never booted`);
    const capture = await readFile(join(attemptFolder, captureBytesFile));
    const heard = Buffer.concat(this.#heard);
    const { uartSentBytes, timeUs } = this.#board.counters();
    return {
      sentBytes: uartSentBytes - this.#mark.sentBytes,
      heardBytes: heard.length - this.#mark.heardBytes,
      recorded: capture.subarray(-heard.length).equals(heard),
      captureBytes: capture.length,
      boardUs: timeUs,
    };
  }
}

export function lostBytes({ sentBytes, heardBytes, recorded }: WireCheck): boolean {
  return sentBytes === 0 || sentBytes !== heardBytes || !recorded;
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((total, { length }) => total + length, 0);
}
