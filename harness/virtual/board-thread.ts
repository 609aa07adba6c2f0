import { once } from 'node:events';
import { join } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { packageRoot } from '../paths.js';
import { post } from './mailbox.js';
import type { BoardMessage, HostMessage } from './thread-messages.js';
import type { WorkerSetup } from './worker.js';

/** Also when this file runs from its TypeScript source: a thread loads what was built. */
const workerFile = join(packageRoot, 'dist', 'virtual', 'worker.js');

/** A board makes little garbage, and short-lived: a small nursery keeps many boards in one process small. */
const resourceLimits = { maxYoungGenerationSizeMb: 2 };

export interface ThreadListener {
  onMessage(message: BoardMessage): void;
  /** The thread died of something that is not the firmware's, or the board's power went. */
  onFailed(error: Error): void;
}

/** One thread that is a board from power-on to power-off. Nothing is heard of it any more once it is being ended. */
export class BoardThread {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #signal = new SharedArrayBuffer(4);
  readonly #exited: Promise<unknown>;
  #ending = false;

  constructor(setup: Omit<WorkerSetup, 'port' | 'signal'>, listener: ThreadListener) {
    const { port1, port2 } = new MessageChannel();
    const workerData: WorkerSetup = { ...setup, port: port2, signal: this.#signal };
    this.#port = port1;
    this.#port.unref();
    this.#worker = new Worker(workerFile, {
      workerData,
      transferList: [port2],
      execArgv: [],
      resourceLimits,
    });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', resolve));
    this.#worker.on('message', (message: BoardMessage) => {
      if (!this.#ending) listener.onMessage(message);
    });
    this.#worker.on('exit', () => {
      if (!this.#ending) listener.onFailed(new Error('the board lost its power'));
    });
    this.#worker.on('error', (error: Error) => {
      if (!this.#ending) listener.onFailed(error);
    });
  }

  post(message: HostMessage): void {
    post(this.#port, this.#signal, message);
  }

  /** Asks the thread to end, and ends it by force when it does not within `graceMs` of wall time. */
  async stop(graceMs: number): Promise<void> {
    this.#ending = true;
    this.post({ kind: 'power-off' });
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), graceMs);
    await Promise.race([this.#exited, once(timeout.signal, 'abort')]);
    clearTimeout(timer);
    await this.kill();
  }

  /** Ends the thread wherever it is. */
  async kill(): Promise<void> {
    this.#ending = true;
    this.#port.close();
    await this.#worker.terminate();
  }
}
