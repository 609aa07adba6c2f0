import { createHash } from 'node:crypto';
import { type Requirements, requirementsSchema } from '../jobs/job.js';

/** What of a board decides whether a job can run on it; `labels` as `labelsOf` says it. */
export interface BoardFacts {
  readonly mac: string;
  readonly labels: readonly string[];
}

/** Hash in hex that stands for the requirements, 64 bits: the same for equal ones in whatever order they were written. */
export function classOf(requires: Requirements): string {
  return createHash('sha256').update(canonicalRequirements(requires)).digest('hex').slice(0, 16);
}

/** Labels and MACs sorted, none twice; keys in one order. */
export function canonicalRequirements({ labels, mac, notOn = [], count }: Requirements): string {
  return JSON.stringify({
    labels: [...new Set(labels)].sort(),
    ...(mac === undefined ? {} : { mac }),
    ...(notOn.length === 0 ? {} : { notOn: [...new Set(notOn)].sort() }),
    count,
  });
}

export function parseRequirements(canonical: string): Requirements {
  return requirementsSchema.parse(JSON.parse(canonical));
}

/** Whether the board has all that is asked of each board. How many are asked for is not looked at. */
export function boardFits({ labels, mac, notOn }: Requirements, board: BoardFacts): boolean {
  if (mac !== undefined && mac !== board.mac) return false;
  if (notOn?.includes(board.mac) === true) return false;
  return labels.every((label) => board.labels.includes(label));
}

/** Whether these boards, all of one machine, are enough for a job. */
export function fits(requires: Requirements, boards: readonly BoardFacts[]): boolean {
  return boards.filter((board) => boardFits(requires, board)).length >= requires.count;
}
