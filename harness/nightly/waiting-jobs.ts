import type { Job } from '../farm/jobs/job.js';
import type { RackedBoard, WaitingJob } from '../schedule/waiting-job.js';
import type { JobState } from './fold-ledger.js';

/** A job as the scheduler sees it. Boards that it failed on are left out, when there is another way. */
export function asWaiting(
  { id, requires, expectedMs }: Job,
  state: JobState,
  build: string | undefined,
  boards: readonly RackedBoard[],
): WaitingJob {
  const waiting: WaitingJob = {
    id,
    requires,
    ...(expectedMs === undefined ? {} : { expectedMs }),
    ...(build === undefined ? {} : { build }),
  };
  const failed = state.tries.filter((one) => one.state === 'retried').flatMap((one) => one.boards);
  if (failed.length === 0) return waiting;
  const elsewhere = { ...waiting, notOn: [...new Set(failed)].sort() };
  return fitsSome(elsewhere, boards) ? elsewhere : waiting;
}

/** Whether these boards, free or not, would do for the job. */
export function fitsSome({ requires, notOn }: WaitingJob, boards: readonly RackedBoard[]): boolean {
  const counts = new Map<string, number>();
  for (const { mac, labels, machine } of boards) {
    if (requires.mac !== undefined && requires.mac !== mac) continue;
    if (notOn?.includes(mac) === true || !requires.labels.every((label) => labels.includes(label))) continue;
    counts.set(machine, (counts.get(machine) ?? 0) + 1);
  }
  return [...counts.values()].some((count) => count >= requires.count);
}
