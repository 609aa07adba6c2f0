import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchEvent } from '../bench/events.js';
import type { RunOptions } from '../bench/run-options.js';
import { InfraError } from '../errors.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { Job } from './jobs/job.js';
import type { BoardStatus, Finished, Place } from './place.js';

export interface TurnOptions extends RunOptions {
  /** How many boards the job needs. */
  readonly count: number;
  /** Between one look for free boards and the next. */
  readonly pauseMs: number;
}

interface Seen {
  readonly board: RackBoard;
  readonly status: BoardStatus;
}

/**
 * Places a job on boards of a place as soon as enough of them are free; somebody may be faster, and then it waits on.
 * @throws InfraError `lease-busy` after `leaseTimeoutMs`; `no-board` when not enough will ever be free; what the place throws
 */
export async function runInTurn(place: Place, job: Job, options: TurnOptions): Promise<Finished> {
  const { signal = new AbortController().signal, count, pauseMs } = options;
  const { leaseTimeoutMs = Number.POSITIVE_INFINITY } = options;
  const beganMs = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const usable = usableOf(place, await place.status(), options);
    const free = usable.filter(({ status }) => status.state !== 'held').map(({ board }) => board);
    const finished =
      free.length < count ? undefined : await tryOn(place, job, free.slice(0, count), signal, options);
    if (finished !== undefined) return finished;
    const held = usable.filter(({ status }) => status.state === 'held');
    if (performance.now() - beganMs >= leaseTimeoutMs) throw busy(place, held);
    tellWaiting(held, options);
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Undefined when a board was somebody else's after all: nothing was done. */
async function tryOn(
  place: Place,
  job: Job,
  boards: readonly RackBoard[],
  signal: AbortSignal,
  { runsFolder, onEvent }: RunOptions,
): Promise<Finished | undefined> {
  const told = (event: BenchEvent): void => onEvent(asHere(event, runsFolder));
  try {
    return await place.run(job, { try: 1, boards }, { runsFolder, onEvent: told, signal });
  } catch (error) {
    if (error instanceof InfraError && error.code === 'lease-busy') return undefined;
    throw error;
  }
}

/** Those that are free, or will be. A board in quarantine is used when it was named, as on this machine. */
function usableOf(
  place: Place,
  statuses: readonly BoardStatus[],
  { boards: named, count }: TurnOptions,
): Seen[] {
  const seen = place.boards.map(
    (board): Seen => ({
      board,
      status: statuses.find(({ mac }) => mac === board.mac) ?? { mac: board.mac, state: 'unreachable' },
    }),
  );
  const usable = seen.filter(
    ({ status: { state } }) =>
      state === 'free' || state === 'held' || (state === 'quarantined' && named.length > 0),
  );
  if (usable.length >= count) return usable;
  const out = seen.filter((one) => !usable.includes(one)).map(describe);
  const message = `${place.name} has ${usable.length} of ${count} board(s) that can be used: ${out.join('; ')}`;
  throw new InfraError('no-board', message, { host: place.name });
}

function busy(place: Place, held: readonly Seen[]): InfraError {
  const by = held.length === 0 ? 'others were faster' : held.map(describe).join('; ');
  return new InfraError('lease-busy', `busy on ${place.name}: ${by}`, { host: place.name });
}

function describe({ board, status: { state, why } }: Seen): string {
  return `${board.id} is ${state}${why === undefined ? '' : ` (${why})`}`;
}

/** For the board that is free first, as far as is known. */
function tellWaiting(held: readonly Seen[], { onEvent }: RunOptions): void {
  const leftMs = ({ status }: Seen): number => status.freeInMs ?? Number.POSITIVE_INFINITY;
  const [first] = held.toSorted((a, b) => leftMs(a) - leftMs(b));
  if (first === undefined) return;
  const { freeInMs } = first.status;
  const estimate = freeInMs === undefined ? {} : { estimateMs: freeInMs };
  onEvent({ type: 'waiting', board: first.board.id, position: 1, holder: undefined, ...estimate });
}

/** The run folder of the other machine will be here. */
function asHere(event: BenchEvent, runsFolder: string): BenchEvent {
  if (event.type !== 'planned') return event;
  return { ...event, runFolder: join(runsFolder, event.runFolder.split(/[\\/]/).at(-1)!) };
}
