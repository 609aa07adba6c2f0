import type { RackedBoard, WaitingJob } from '../waiting-job.js';

/** What an assignment of jobs that want one board each is worth; compared from left to right, more is better. */
export type Worth = readonly number[];

/** How many jobs, how long they are (longest first), and minus the reflashes. */
export function worthOf(pairs: readonly (readonly [WaitingJob, RackedBoard])[]): Worth {
  const lengths = pairs.map(([job]) => job.expectedMs ?? Number.POSITIVE_INFINITY).sort((a, b) => b - a);
  const kept = pairs.filter(([job, board]) => job.build !== undefined && job.build === board.build).length;
  return [pairs.length, ...lengths, kept - pairs.length];
}

/** Tries every assignment. */
export function bestWorth(jobs: readonly WaitingJob[], boards: readonly RackedBoard[]): Worth {
  const search = (
    at: number,
    left: readonly RackedBoard[],
    made: readonly (readonly [WaitingJob, RackedBoard])[],
  ): Worth => {
    const next = jobs[at];
    if (next === undefined) return worthOf(made);
    const options = left
      .filter((board) => fits(next, board))
      .map((board) =>
        search(
          at + 1,
          left.filter((one) => one !== board),
          [...made, [next, board] as const],
        ),
      );
    return [...options, search(at + 1, left, made)].reduce((a, b) => (compareWorth(a, b) >= 0 ? a : b));
  };
  return search(0, boards, []);
}

export function compareWorth(a: Worth, b: Worth): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const [left, right] = [a[at] ?? -1, b[at] ?? -1];
    if (left !== right) return left > right ? 1 : -1;
  }
  return 0;
}

export function fits({ requires, notOn = [] }: WaitingJob, { mac, labels, busy }: RackedBoard): boolean {
  return (
    busy !== true &&
    (requires.mac === undefined || requires.mac === mac) &&
    requires.labels.every((label) => labels.includes(label)) &&
    !notOn.includes(mac)
  );
}
