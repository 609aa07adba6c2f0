import { join } from 'node:path';
import type { Job } from '../../farm/jobs/job.js';
import type { Place } from '../../farm/place.js';
import { labelsOf } from '../../rack/rack-file.js';
import type { RackBoard } from '../../rack/rack-schema.js';
import { assign } from '../../schedule/assign.js';
import { LOCAL } from '../plan-night.js';
import { type WireCheck, WireWatch } from './watch-wire.js';

/** What one job came to. */
export interface ManyResult {
  readonly job: string;
  readonly title: string;
  readonly board: string;
  readonly verdict: string;
  /** Why it did not pass. */
  readonly why: string;
  /** From when it was given the board until its result was there, by the wall clock. */
  readonly wallMs: number;
  readonly wire: WireCheck | undefined;
}

/** Has the boards do the jobs: whenever one is free it is given the next, as in a night. */
export async function runMany(
  place: Place,
  jobs: readonly Job[],
  runsFolder: string,
  onResult: (result: ManyResult) => void = () => {},
): Promise<ManyResult[]> {
  const waiting = new Map(jobs.map((job) => [job.id, job]));
  const free = new Map(place.boards.map((board) => [board.mac, board]));
  const running = new Set<Promise<void>>();
  const results: ManyResult[] = [];
  const start = async (job: Job, board: RackBoard): Promise<void> => {
    const result = await runOne(place, job, board, runsFolder);
    results.push(result);
    free.set(board.mac, board);
    onResult(result);
  };
  while (waiting.size > 0 || running.size > 0) {
    const boards = [...free.values()].map((board) => ({
      mac: board.mac,
      machine: LOCAL,
      labels: labelsOf(board),
    }));
    for (const { job: id, boards: macs } of assign([...waiting.values()], boards)) {
      const [job, board] = [waiting.get(id)!, free.get(macs[0]!)!];
      waiting.delete(id);
      free.delete(board.mac);
      const run = start(job, board).finally(() => running.delete(run));
      running.add(run);
    }
    await Promise.race(running);
  }
  return results;
}

async function runOne(place: Place, job: Job, board: RackBoard, runsFolder: string): Promise<ManyResult> {
  const watch = new WireWatch();
  const startMs = performance.now();
  const { outcome, runFolder } = await place.run(
    job,
    { try: 1, boards: [board] },
    { runsFolder, onEvent: (event) => watch.onEvent(event), signal: new AbortController().signal },
  );
  const wallMs = performance.now() - startMs;
  const attempt = runFolder === undefined ? undefined : join(runFolder, 'boards', board.id, 'attempt-1');
  const wire = attempt === undefined ? undefined : await watch.check(attempt).catch(() => undefined);
  const why = outcome.failures.map(({ message }) => message).join('; ');
  return { job: job.id, title: job.title, board: board.id, verdict: outcome.verdict, why, wallMs, wire };
}
