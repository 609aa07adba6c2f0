import type { BoardStatus } from '../farm/place.js';
import { labelsOf, type RackBoard } from '../rack/rack-file.js';
import type { RackedBoard } from '../schedule/waiting-job.js';
import type { NightPlace } from './night-place.js';
import { placeOf } from './plan-night.js';

/** A board, and what was last heard of it. */
export interface NightBoard {
  readonly board: RackBoard;
  readonly place: NightPlace;
  readonly status: BoardStatus;
}

/** The boards of all places of a night, and which of them can be given work. */
export class NightBoards {
  private readonly known = new Map<string, { board: RackBoard; place: NightPlace; status: BoardStatus }>();
  /** MACs of those that a job of this night has. */
  private readonly taken = new Set<string>();

  constructor(
    readonly places: readonly NightPlace[],
    private readonly onStatus: (board: NightBoard) => void = () => {},
    private readonly onPlace: (place: NightPlace) => void = () => {},
  ) {
    for (const place of places) {
      for (const board of place.boards)
        this.known.set(board.mac, { board, place, status: { mac: board.mac, state: 'free' } });
    }
  }

  get(mac: string): NightBoard {
    const found = this.known.get(mac);
    if (found === undefined) throw new Error(`no board ${mac} in the night`);
    return found;
  }

  has(mac: string): boolean {
    return this.known.has(mac);
  }

  get all(): readonly NightBoard[] {
    return [...this.known.values()];
  }

  take(macs: readonly string[]): void {
    for (const mac of macs) this.taken.add(mac);
  }

  giveBack(macs: readonly string[]): void {
    for (const mac of macs) this.taken.delete(mac);
  }

  isTaken(mac: string): boolean {
    return this.taken.has(mac);
  }

  /** Somebody else has it: known before the place says so. */
  found(mac: string, state: BoardStatus['state'], why: string): void {
    this.tell({ ...this.get(mac).status, state, why }, [mac]);
  }

  /** Those that the scheduler may look at: free ones to be given away, busy ones to be waited for. */
  racked(): RackedBoard[] {
    return this.all.flatMap(({ board, place, status }) => {
      const ours = this.taken.has(board.mac);
      if (place.away !== undefined || (!ours && !isUsable(status.state))) return [];
      return [asRacked(board, status, ours || status.state === 'held')];
    });
  }

  /** Those that may come back by themselves. */
  outOfReach(): RackedBoard[] {
    return this.all
      .filter(({ place }) => place.unusable === undefined)
      .filter(({ place, status }) => place.away !== undefined || status.state === 'unreachable')
      .map(({ board, status }) => asRacked(board, status, true));
  }

  /** Those of somebody else before which a place can wait in line, as if they were free. */
  heldInLine(): RackedBoard[] {
    return this.all
      .filter(
        ({ place, status, board }) =>
          place.waitsInLine && status.state === 'held' && !this.taken.has(board.mac),
      )
      .map(({ board, status }) => asRacked(board, status, false));
  }

  /**
   * Asks the places that answer, or `places`, how their boards are. What they say of a board that a job of this night has is about that
   * job, and not believed, unless the job has just ended (`ended`).
   */
  async refresh(
    places: readonly NightPlace[] = this.places.filter((place) => place.away === undefined),
    ended: readonly string[] = [],
  ): Promise<void> {
    const asked = new Set(this.taken);
    await Promise.all(
      places.map(async (place) => {
        const wasAway = place.away;
        const statuses = await place.status();
        if (wasAway !== place.away) this.onPlace(place);
        for (const status of statuses)
          if (!asked.has(status.mac) || ended.includes(status.mac)) this.tell(status, ended);
      }),
    );
  }

  private tell(status: BoardStatus, ended: readonly string[]): void {
    const entry = this.known.get(status.mac);
    if (entry === undefined || (this.taken.has(status.mac) && !ended.includes(status.mac))) return;
    const before = entry.status;
    entry.status = status;
    if (before.state !== status.state || before.why !== status.why) this.onStatus(entry);
  }
}

function isUsable(state: BoardStatus['state']): boolean {
  return state === 'free' || state === 'held';
}

function asRacked(board: RackBoard, { build }: BoardStatus, busy: boolean): RackedBoard {
  const known = build === undefined ? {} : { build };
  return { mac: board.mac, machine: placeOf(board), labels: labelsOf(board), busy, ...known };
}
