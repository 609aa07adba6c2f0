import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { HostMessage } from './thread-messages.js';

/** Where a board's thread finds what the host did, without ever returning to its event loop. */
export interface Mailbox {
  /** The next message, if there is one. */
  take(): HostMessage | undefined;
  /** Cheap: whether anything may have come since the last `take` that found nothing. */
  changed(): boolean;
  /** Blocks until a message is there (true), or for `timeoutMs` of wall time (false). Absent: for ever. */
  wait(timeoutMs?: number): boolean;
}

/** A mailbox over a message port, with a shared word that the host raises after each message. */
export class PortMailbox implements Mailbox {
  readonly #port: MessagePort;
  readonly #signal: Int32Array;
  #seen = -1;

  constructor(port: MessagePort, signal: SharedArrayBuffer) {
    this.#port = port;
    this.#signal = new Int32Array(signal);
  }

  take(): HostMessage | undefined {
    const signal = Atomics.load(this.#signal, 0);
    const received = receiveMessageOnPort(this.#port);
    if (received !== undefined) return received.message as HostMessage;
    this.#seen = signal;
    return undefined;
  }

  changed(): boolean {
    return Atomics.load(this.#signal, 0) !== this.#seen;
  }

  wait(timeoutMs?: number): boolean {
    return Atomics.wait(this.#signal, 0, this.#seen, timeoutMs) !== 'timed-out';
  }
}

/** The host's side of a `PortMailbox`: message first, then the word, so that who wakes finds it. */
export function post(port: MessagePort, signal: SharedArrayBuffer, message: HostMessage): void {
  port.postMessage(message);
  const word = new Int32Array(signal);
  Atomics.add(word, 0, 1);
  Atomics.notify(word, 0);
}
