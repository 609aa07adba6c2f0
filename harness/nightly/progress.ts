import type { Job } from '../farm/jobs/job.js';
import { type OccupiedBoard, remaining } from '../schedule/remaining.js';
import type { WaitingJob } from '../schedule/waiting-job.js';
import type { LedgerState } from './fold-ledger.js';
import type { NightChange } from './night-run.js';
import type { PlanBoard } from './plan-night.js';

/** How far a night is. */
export interface Progress {
  readonly judged: number;
  readonly total: number;
  /** With boards: what waits in a queue is not counted. */
  readonly running: number;
  /** To the end, by earlier nights; absent while nothing is known of any job's length. */
  readonly remainingMs?: number;
}

/** Follows a night by its changes. */
export class NightProgress {
  /** Since when, and on which boards. */
  private readonly running = new Map<
    string,
    { readonly startMs: number; readonly macs: readonly string[] }
  >();
  private readonly jobs: ReadonlyMap<string, Job>;

  constructor(
    jobs: readonly Job[],
    private readonly boards: readonly PlanBoard[],
    private readonly ledger: LedgerState,
  ) {
    this.jobs = new Map(jobs.map((job) => [job.id, job]));
  }

  note(change: NightChange, nowMs: number): void {
    if (change.type === 'ended') this.running.delete(change.job.id);
    else this.running.set(change.job.id, { startMs: nowMs, macs: change.boards.map(({ mac }) => mac) });
  }

  look(nowMs: number): Progress {
    const open = [...this.jobs.values()].filter(({ id }) => this.ledger.get(id)?.judged === undefined);
    const counts = {
      judged: this.jobs.size - open.length,
      total: this.jobs.size,
      running: this.withBoards(),
    };
    if (open.length === 0 || open.every(({ expectedMs }) => expectedMs === undefined)) return counts;
    const waiting = open.filter(({ id }) => !this.running.has(id)).map(asWaiting);
    return { ...counts, remainingMs: remaining(waiting, this.occupied(nowMs)).ms };
  }

  private withBoards(): number {
    return [...this.running.values()].filter(({ macs }) => macs.length > 0).length;
  }

  private occupied(nowMs: number): OccupiedBoard[] {
    const freeIn = new Map<string, number>();
    for (const [id, { startMs, macs }] of this.running) {
      const leftMs = Math.max(0, (this.jobs.get(id)?.expectedMs ?? 0) - (nowMs - startMs));
      for (const mac of macs) freeIn.set(mac, leftMs);
    }
    return this.boards.map(({ mac, labels, place }) => ({
      mac,
      labels,
      machine: place,
      ...(freeIn.has(mac) ? { freeInMs: freeIn.get(mac) } : {}),
    }));
  }
}

function asWaiting({ id, requires, expectedMs }: Job): WaitingJob {
  return { id, requires, ...(expectedMs === undefined ? {} : { expectedMs }) };
}
