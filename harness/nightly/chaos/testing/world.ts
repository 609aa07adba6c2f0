import { setTimeout as sleep } from 'node:timers/promises';
import type { Accident } from './accidents.js';
import type { TrialMachine } from './machines.js';

/** The machines of a trial and what is between them and the controller. */
export interface World extends AsyncDisposable {
  readonly machines: readonly TrialMachine[];
  /** For `nightly`, besides the scenarios. */
  readonly words: readonly string[];
  /** Lets an accident happen, other than to the controller. */
  strike(accident: Accident): Promise<Strike>;
  /** Lets everything come to its end when the night is over. Resolves with what is wrong then. */
  end(): Promise<string[]>;
  /** What its programs printed. */
  log(): string;
}

export interface Strike {
  /** How many processes or connections it hit. */
  readonly hits: number;
  /** Resolves when it is mended, as far as it will be. */
  readonly mended: Promise<unknown>;
}

/** After so long, unless it stays as it is. */
export async function after(backMs: number | undefined, mend: () => unknown): Promise<void> {
  if (backMs === undefined) return;
  await sleep(backMs);
  await mend();
}

/** Switches a machine off: whatever its programs start meanwhile goes too. */
export async function killAll(machine: TrialMachine): Promise<number> {
  let hits = 0;
  for (let found = machine.signal('SIGKILL'); found > 0; found = machine.signal('SIGKILL')) {
    hits += found;
    await sleep(20);
  }
  return hits;
}
