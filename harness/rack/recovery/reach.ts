import { setTimeout as pause } from 'node:timers/promises';
import { InfraError } from '../../errors.js';
import type { OpenLink } from '../../link/link.js';
import { type PowerSwitch, powerSwitchOf } from '../power/power-switch.js';
import type { PoweredBoard } from '../power-board.js';
import type { RackBoard } from '../rack-file.js';

/** An adapter that lost its power, or was opened a moment ago, is there again after a few seconds. */
const REOPEN_MS = 10_000;
const REOPEN_PAUSE_MS = 500;

/** The board's port, which recovery opens and closes as its steps need it. */
export class Reach implements AsyncDisposable {
  #powered: PoweredBoard | undefined;

  /** @param open opens the port where it is now, or starts a virtual board. */
  constructor(
    readonly board: RackBoard,
    private readonly open: () => Promise<PoweredBoard>,
    private readonly signal: AbortSignal,
  ) {}

  async link(): Promise<OpenLink> {
    if (this.#powered?.link.stream.isOpen === false) await this.close();
    this.#powered ??= await this.open();
    return this.#powered.link;
  }

  /** A virtual board's supply is its own, and goes with its port. */
  async power(): Promise<PowerSwitch | undefined> {
    if (this.board.power === undefined) await this.link();
    return powerSwitchOf(this.board, this.#powered?.supply);
  }

  /** Closed, and open again as soon as the port is back. */
  async reopen(): Promise<void> {
    await this.close();
    const until = performance.now() + REOPEN_MS;
    for (;;) {
      await pause(REOPEN_PAUSE_MS, undefined, { signal: this.signal });
      try {
        await this.link();
        return;
      } catch (error) {
        if (!(error instanceof InfraError) || performance.now() > until) throw error;
      }
    }
  }

  async close(): Promise<void> {
    const powered = this.#powered;
    this.#powered = undefined;
    try {
      await powered?.[Symbol.asyncDispose]();
    } catch {
      // A port whose adapter has gone may fail to close, and is closed then.
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
