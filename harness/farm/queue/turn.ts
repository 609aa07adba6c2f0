import type { Requirements } from '../jobs/job.js';
import { type BoardFacts, boardFits, fits } from './classes.js';

/** A class with jobs that wait. */
export interface WaitingClass {
  readonly name: string;
  readonly requires: Requirements;
}

/** A class whose turn it is, and the boards that its next job would get. */
export interface Turn {
  readonly name: string;
  readonly boards: readonly BoardFacts[];
}

/**
 * Which classes to take a job from, in this order, the first that has one. The turn goes round: it begins after the class that
 * was `served` last. A class that wants several boards keeps the free ones that fit from those after it, when more come
 * free by our own jobs' ends: else it would wait for ever beside classes that want one.
 * @param classes in an order that stays the same
 * @param free boards that can be given work now @param ours boards that our own jobs have
 */
export function turns(
  classes: readonly WaitingClass[],
  free: readonly BoardFacts[],
  ours: readonly BoardFacts[],
  served: string | undefined,
): Turn[] {
  const start = classes.findIndex(({ name }) => name === served) + 1;
  let left = [...free];
  const found: Turn[] = [];
  for (const { name, requires } of [...classes.slice(start), ...classes.slice(0, start)]) {
    const fitting = left.filter((board) => boardFits(requires, board));
    if (fitting.length >= requires.count) {
      found.push({ name, boards: leastWanted(fitting, classes).slice(0, requires.count) });
    } else if (fits(requires, [...free, ...ours])) {
      left = left.filter((board) => !fitting.includes(board));
    }
  }
  return found;
}

/** Boards that few classes can use first: those that many can use stay free for them. */
function leastWanted(boards: readonly BoardFacts[], classes: readonly WaitingClass[]): BoardFacts[] {
  const wanted = (board: BoardFacts): number =>
    classes.filter(({ requires }) => boardFits(requires, board)).length;
  return [...boards].sort((a, b) => wanted(a) - wanted(b));
}
