import { join } from 'node:path';
import type { LeaseRecord } from '../lease/lease.js';
import type { Attempt, AttemptCall } from '../results/attempt.js';
import { writeAtomically } from '../results/run-folder.js';

/** Keeps `attempt.json` up to date on disk, so that a killed run still says what its bytes mean. */
export class AttemptJournal {
  private attempt: Attempt;

  constructor(
    private readonly folder: string,
    start: Pick<Attempt, 'board' | 'attempt' | 'startedAt' | 'clock'>,
  ) {
    this.attempt = { ...start, calls: [] };
  }

  async note(facts: Partial<Omit<Attempt, 'calls'>>): Promise<void> {
    this.attempt = { ...this.attempt, ...facts };
    await this.save();
  }

  async call(call: AttemptCall): Promise<void> {
    this.attempt = { ...this.attempt, calls: [...this.attempt.calls, call] };
    await this.save();
  }

  /** The board was let go of at `endedUs`; absent: who has it by then is not known, as the lease was lost before. */
  letGo(lease: LeaseRecord, endedUs: number | undefined): Promise<void> {
    return this.note({ lease: { ...lease, ...(endedUs === undefined ? {} : { endedUs }) } });
  }

  /** A generation is made again. */
  remade(): Promise<void> {
    return this.note({ remade: (this.attempt.remade ?? 0) + 1 });
  }

  private save(): Promise<void> {
    return writeAtomically(join(this.folder, 'attempt.json'), `${JSON.stringify(this.attempt, null, 1)}\n`);
  }
}
