import type { Trouble } from './base-runs.js';

/** What happens in the nights of the history, which are counted from 1, oldest first. */
export const nights = 30;

export const boards = Array.from({ length: 8 }, (_, index) => ({
  id: `cam-${index + 1}`,
  mac: `24:6f:28:7a:00:0${index + 1}`,
  /** Boards of the virtual rack: odd ones have a 1-bit card, even ones a 4-bit card and an older chip. */
  from: index % 2 === 0 ? 'cam-1' : 'cam-2',
  chipRevision: index % 2 === 0 ? 301 : 100,
}));

/** The second build is the faster one; the third changes nothing that could be measured. */
export const builds = [
  { id: '0.1.0-1b7e0c42', fromNight: 1 },
  { id: '0.1.0-6f09d3a8', fromNight: 13 },
  { id: '0.1.0-c2815e77', fromNight: 22 },
] as const;

/** In which nothing ran at all. */
export const silentNight = 17;

/** Fails in its first night without an answer, then is off the rack for two. */
export const lostBoard = { id: 'cam-5', nights: [24, 25, 26] } as const;

/** Whose wire damages lines every few nights. */
export const noisyBoard = 'cam-7';

/** Runs that did not pass, all of the scenario that `failing` runs were made with. */
export const troubles: readonly {
  readonly night: number;
  readonly board: string;
  readonly trouble: Trouble;
}[] = [
  { night: 5, board: 'cam-8', trouble: 'no-file' },
  { night: 8, board: 'cam-3', trouble: 'no-file' },
  { night: 10, board: 'cam-4', trouble: 'refused' },
  { night: 15, board: 'cam-2', trouble: 'wrong-weights' },
  { night: 19, board: 'cam-7', trouble: 'exception' },
  { night: 22, board: 'cam-1', trouble: 'wrong-weights' },
  { night: 22, board: 'cam-6', trouble: 'wrong-weights' },
  { night: 24, board: 'cam-5', trouble: 'lost-board' },
  { night: 27, board: 'cam-1', trouble: 'interrupted' },
  { night: 30, board: 'cam-6', trouble: 'wrong-weights' },
];
