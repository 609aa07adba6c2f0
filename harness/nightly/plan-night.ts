import { createHash } from 'node:crypto';
import type { Requirements } from '../farm/jobs/job.js';
import { labelsOf, type RackBoard } from '../rack/rack-file.js';

/** A board, as far as the plan of a night looks at it. */
export interface PlanBoard {
  readonly id: string;
  readonly mac: string;
  /** As `labelsOf`. */
  readonly labels: readonly string[];
  /** Boards of one job are all of one place. */
  readonly place: string;
}

/** A scenario, as far as the plan of a night looks at it. */
export interface NightScenario {
  readonly title: string;
  /** Labels that each of its boards must have. */
  readonly labels: readonly string[];
  /** How many boards at once. */
  readonly count: number;
}

/** A job before it is given its tree. */
export interface JobDraft {
  readonly id: string;
  readonly title: string;
  readonly requires: Requirements;
}

/** A scenario that can run nowhere. */
export interface Unplaced {
  readonly title: string;
  readonly why: string;
}

export interface PlanOptions {
  /** Names the night for ever: part of every job's id. */
  readonly night: string;
  /** On any one board that fits, instead of on each. */
  readonly once: boolean;
}

/** This machine's name among the places. */
export const LOCAL = 'local';

export function placeOf(board: RackBoard): string {
  return board.rack_host ?? LOCAL;
}

export function asPlanBoard(board: RackBoard): PlanBoard {
  return { id: board.id, mac: board.mac, labels: labelsOf(board), place: placeOf(board) };
}

/**
 * Every scenario on every board that has its labels, or with `once` on any one of them. A scenario that wants several boards at once is one
 * job all the same. Without boards, on whatever boards will come. Pure.
 */
export function planJobs(
  scenarios: readonly NightScenario[],
  boards: readonly PlanBoard[] | undefined,
  { night, once }: PlanOptions,
): { readonly drafts: JobDraft[]; readonly unplaced: Unplaced[] } {
  const drafts: JobDraft[] = [];
  const unplaced: Unplaced[] = [];
  for (const { title, labels, count } of scenarios) {
    const sorted = [...new Set(labels)].sort();
    const fitting = boards?.filter((board) => sorted.every((label) => board.labels.includes(label)));
    if (fitting !== undefined && mostOnOnePlace(fitting) < count)
      unplaced.push({ title, why: whyNot(sorted, count, fitting.length) });
    else if (fitting === undefined || once || count > 1)
      drafts.push({ id: jobId(night, title), title, requires: { labels: sorted, count } });
    else {
      for (const { id, mac } of fitting)
        drafts.push({ id: jobId(night, title, id), title, requires: { labels: sorted, mac, count } });
    }
  }
  return { drafts, unplaced };
}

function mostOnOnePlace(boards: readonly PlanBoard[]): number {
  const counts = new Map<string, number>();
  for (const { place } of boards) counts.set(place, (counts.get(place) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function whyNot(labels: readonly string[], count: number, fitting: number): string {
  const wanted = labels.length === 0 ? '' : ` with the labels ${labels.join(', ')}`;
  const boards = count === 1 ? 'a board' : `${count} boards of one machine`;
  return `no-board: needs ${boards}${wanted}; ${fitting === 0 ? 'none is' : `${fitting} in all are`} in the night`;
}

/** Unique however long titles are, and readable as far as they are not. */
function jobId(night: string, title: string, board?: string): string {
  const words = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  const hash = createHash('sha256').update(title).digest('hex').slice(0, 8);
  const name = `${night}.${words.slice(0, 40)}-${hash}`;
  return board === undefined ? name : `${name}.${board.slice(0, 40)}`;
}
