import type { Mailbox } from '../mailbox.js';
import type { HostMessage } from '../thread-messages.js';

/** What happens when the board waits: the host does something, or stays quiet until the wait is over. */
export type ScriptStep = HostMessage | 'quiet';

/** A mailbox without threads or time: each wait plays the next step of a script. */
export class ScriptedMailbox implements Mailbox {
  readonly waits: (number | undefined)[] = [];
  readonly #arrived: HostMessage[] = [];
  readonly #script: ScriptStep[];

  constructor(script: ScriptStep[] = []) {
    this.#script = script;
  }

  /** The host does something while the board is busy. */
  put(message: HostMessage): void {
    this.#arrived.push(message);
  }

  take(): HostMessage | undefined {
    return this.#arrived.shift();
  }

  changed(): boolean {
    return this.#arrived.length > 0;
  }

  wait(timeoutMs?: number): boolean {
    this.waits.push(timeoutMs);
    const step = this.#script.shift();
    if (step === undefined) throw new Error('the board waits, and the script is over');
    if (step === 'quiet') return false;
    this.#arrived.push(step);
    return true;
  }
}
