import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchEvent } from '../bench/events.js';
import type { RunOptions } from '../bench/run-options.js';
import { InfraError } from '../errors.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { Job } from './jobs/job.js';
import { leaveLine } from './left-line.js';
import type { BoardStatus, Finished, Place } from './place.js';

export interface TurnOptions extends RunOptions {
  /** How many boards the job needs. */
  readonly count: number;
  /** Between one look for other free boards and the next, while the job stands in line. */
  readonly pauseMs: number;
}

interface Seen {
  readonly board: RackBoard;
  readonly status: BoardStatus;
}

/**
 * Runs a job on boards of a place: on free ones, else it stands in the line of those that are free first, over there, with everybody
 * else who waits for them. When others become free meanwhile, it goes to them.
 * @throws InfraError `lease-busy` after `leaseTimeoutMs`; `no-board` when not enough will ever be free; what the place throws
 */
export async function runInTurn(place: Place, job: Job, options: TurnOptions): Promise<Finished> {
  const { signal = new AbortController().signal, count, leaseTimeoutMs = LONGEST_WAIT_MS } = options;
  const beganMs = performance.now();
  for (;;) {
    signal.throwIfAborted();
    const usable = soonestFirst(usableOf(place, await place.status(), options));
    const chosen = usable.slice(0, count);
    const waitMs = Math.max(0, leaseTimeoutMs - (performance.now() - beganMs));
    const held = chosen.filter(isHeld);
    if (held.length > 0 && waitMs === 0) throw busy(place, held);
    const finished = await tryOn(place, job, chosen, { ...options, signal, waitMs });
    if (finished !== undefined) return finished;
    if (waitMs === 0) throw busy(place, held);
  }
}

/** JSON has no infinity. */
const LONGEST_WAIT_MS = Number.MAX_SAFE_INTEGER;

type TryOptions = TurnOptions & { readonly signal: AbortSignal; readonly waitMs: number };

/** Undefined when it did not get its boards: nothing was done. */
async function tryOn(
  place: Place,
  job: Job,
  chosen: readonly Seen[],
  options: TryOptions,
): Promise<Finished | undefined> {
  const { signal, waitMs, runsFolder, onEvent } = options;
  using line = new PlaceInLine(place, job, chosen, options.pauseMs);
  const told = (event: BenchEvent): void => {
    line.note(event);
    onEvent(asHere(event, runsFolder));
  };
  const placement = { try: 1, boards: chosen.map(({ board }) => board), waitMs };
  const either = AbortSignal.any([signal, line.leaving]);
  try {
    return await place.run(job, placement, { runsFolder, onEvent: told, signal: either });
  } catch (error) {
    if (error instanceof InfraError && error.code === 'lease-busy') return undefined;
    throw error;
  }
}

/** Looks whether other boards are free while a job stands in line, and has it leave then. */
class PlaceInLine implements Disposable {
  private readonly controller = new AbortController();
  private readonly over = new AbortController();
  private waits = false;

  constructor(
    private readonly place: Place,
    private readonly job: Job,
    private readonly chosen: readonly Seen[],
    pauseMs: number,
  ) {
    if (place.boards.length > chosen.length) void this.watch(pauseMs).catch(() => {});
  }

  /** Aborts, by an InfraError `lease-busy`, when it is to leave. */
  get leaving(): AbortSignal {
    return this.controller.signal;
  }

  /** Its last event says whether it only stands in line. */
  note(event: BenchEvent): void {
    this.waits = event.type === 'waiting';
  }

  [Symbol.dispose](): void {
    this.over.abort();
  }

  private async watch(pauseMs: number): Promise<void> {
    const { signal } = this.over;
    for (;;) {
      await sleep(pauseMs, undefined, { signal, ref: false });
      if (this.waits && (await this.areOthersFree()) && this.waits)
        return this.controller.abort(leaveLine('other boards are free', this.job.id));
    }
  }

  /** Its own may be free for a moment: then they are about to be its. */
  private async areOthersFree(): Promise<boolean> {
    const own = new Set(this.chosen.map(({ board }) => board.mac));
    const statuses = await this.place.status();
    const free = statuses.filter(({ mac, state }) => state === 'free' && !own.has(mac));
    return free.length >= this.chosen.filter(isHeld).length;
  }
}

function isHeld({ status }: Seen): boolean {
  return status.state === 'held';
}

/** Free ones, then those that are held, by what is known of when that ends; in the order of the rack where nothing is. */
function soonestFirst(usable: readonly Seen[]): Seen[] {
  const leftMs = (seen: Seen): number => (isHeld(seen) ? (seen.status.freeInMs ?? LONGEST_WAIT_MS) : -1);
  return usable.toSorted((a, b) => leftMs(a) - leftMs(b));
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
  const message = `busy on ${place.name}: ${by}`;
  return new InfraError('lease-busy', message, { host: place.name });
}

function describe({ board, status: { state, why } }: Seen): string {
  return `${board.id} is ${state}${why === undefined ? '' : ` (${why})`}`;
}

/** The run folder of the other machine will be here. */
function asHere(event: BenchEvent, runsFolder: string): BenchEvent {
  if (event.type !== 'planned') return event;
  return { ...event, runFolder: join(runsFolder, event.runFolder.split(/[\\/]/).at(-1)!) };
}
