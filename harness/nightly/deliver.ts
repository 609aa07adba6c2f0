import { join, resolve } from 'node:path';
import type { Job, JobOutcome } from '../farm/jobs/job.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { ResultSink } from '../scenario/open-sinks.js';
import { boardClass, type Durations } from './durations.js';
import type { Ledger } from './ledger.js';
import { readResult } from './run-result.js';

export interface DeliveryOptions {
  readonly ledger: Ledger;
  readonly nightFolder: string;
  readonly sinks: readonly ResultSink[];
  readonly durations: Durations;
  readonly boardOf: (mac: string) => RackBoard | undefined;
}

/**
 * Gives the sinks the results of tries, each once: a controller that was killed between the sinks and the ledger gives a result again, with the
 * same points at the same times, which a time series store keeps once.
 */
export class Delivery {
  constructor(private readonly options: DeliveryOptions) {}

  /** What an earlier controller did not come to. */
  async catchUp(jobs: readonly Job[]): Promise<void> {
    for (const job of jobs) {
      for (const { try: number, delivered, outcome } of this.options.ledger.state.get(job.id)?.tries ?? []) {
        if (!delivered && outcome !== undefined) await this.deliver(job, number);
      }
    }
  }

  /** Of a try that the ledger has with its outcome. */
  async deliver(job: Job, number: number): Promise<void> {
    const { ledger, nightFolder, sinks } = this.options;
    const ended = ledger.state.get(job.id)?.tries[number - 1];
    if (ended?.outcome === undefined || ended.delivered) return;
    const folder = ended.runFolder === undefined ? undefined : resolve(nightFolder, ended.runFolder);
    const result = folder === undefined ? undefined : await readResult(join(folder));
    if (result !== undefined) for (const sink of sinks) await sink.result(result);
    await ledger.append({ record: 'delivered', job: job.id, try: number });
    await this.remember(job, ended.outcome);
  }

  private async remember(job: Job, { startedAt, endedAt, verdict, boards }: JobOutcome): Promise<void> {
    const [only] = boards;
    const board = boards.length === 1 ? this.options.boardOf(only!.mac) : undefined;
    await this.options.durations.add({
      scenario: job.title,
      boardClass: board === undefined ? '' : boardClass(board),
      passed: verdict === 'pass',
      durationMs: Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)),
      endedAtMs: Date.parse(endedAt),
    });
  }
}
