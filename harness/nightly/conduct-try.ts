import type { BenchEvent } from '../bench/events.js';
import { DISK_FULL, InfraError } from '../errors.js';
import type { Job } from '../farm/jobs/job.js';
import { afterTry, type TryEnd } from './after-try.js';
import type { LedgerEntry } from './ledger-records.js';
import type { NightBoards } from './night-boards.js';
import type { NightRun } from './night-run.js';
import { type PlacedTry, runTry } from './run-try.js';
import type { TriesInLine } from './tries-in-line.js';

export interface ConductorOptions extends NightRun {
  readonly boards: NightBoards;
  readonly inLine: TriesInLine;
  /** What keeps the night from going on, once something does. */
  readonly brokenOff: () => string | undefined;
}

/** Sees tries from their start to what the ledger has of their end. Its signal stops them. */
export class TryConductor {
  constructor(private readonly options: ConductorOptions) {}

  /**
   * Runs or joins a try that the ledger has as started, and puts down what it came to.
   * @throws InfraError `disk-full`: this machine's disk takes nothing more, and every further job would meet that too
   */
  async conduct(placed: PlacedTry, joined: boolean): Promise<{ end: TryEnd; entry: LedgerEntry }> {
    const { job, try: number, place, macs, boards } = placed;
    const { ledger, onChange } = this.options;
    const startedAt = new Date().toISOString();
    onChange({ type: 'started', job, try: number, boards, joined });
    const end = await this.runInLine(placed);
    const entry = afterTry({ ...this.factsOf(job), try: number, boards, startedAt, joined }, end);
    await ledger.append(entry);
    if (entry.record === 'lost' && entry.code === DISK_FULL) throw new InfraError(DISK_FULL, entry.why);
    await this.lookAfter(place, macs, entry);
    return { end, entry };
  }

  private factsOf(job: Job) {
    const { ledger, retries, nightFolder, signal } = this.options;
    const brokenOff = this.options.brokenOff();
    return {
      job,
      retries,
      nightFolder,
      interrupted: signal.aborted,
      ...(brokenOff === undefined ? {} : { brokenOff }),
      state: ledger.state.get(job.id)!,
    };
  }

  private async runInLine(placed: PlacedTry): Promise<TryEnd> {
    const { job } = placed;
    const { runsFolder, boards, inLine } = this.options;
    const leaving = inLine.begin(job);
    const onEvent = (event: BenchEvent): void => {
      inLine.note(job, event);
      this.options.onEvent(job, event);
    };
    const signal = AbortSignal.any([this.options.signal, leaving]);
    try {
      return await runTry(placed, boards.places, { runsFolder, onEvent, signal });
    } finally {
      inLine.end(job);
    }
  }

  /** A board that failed may be in quarantine now; one that was refused is somebody else's. */
  private async lookAfter(place: string, macs: readonly string[], entry: LedgerEntry): Promise<void> {
    const { boards, signal } = this.options;
    if (entry.record === 'refused') for (const mac of macs) boards.found(mac, 'held', entry.why);
    else if (!signal.aborted && (entry.record !== 'judged' || entry.outcome.verdict === 'infra-fail')) {
      const there = boards.places.filter((one) => one.name === place && one.away === undefined);
      await boards.refresh(there, macs);
    }
  }
}
