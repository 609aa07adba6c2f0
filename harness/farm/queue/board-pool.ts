import { labelsOf, type RackBoard } from '../../rack/rack-file.js';
import type { BoardStatus } from '../place.js';
import type { BoardFacts } from './classes.js';
import type { Machine } from './machine.js';
import type { WorkEnd } from './work-on-job.js';
import type { WorkerFacts } from './workers.js';

/** A board that turned out to be somebody else's is left alone for so long. */
const BUSY_PAUSE_MS = 5_000;

/** A worker's boards, and which of them can be given work. */
export class BoardPool {
  readonly facts: readonly BoardFacts[];
  /** Jobs that run, by the MACs of their boards. */
  private readonly jobs = new Map<string, string>();
  /** Until when a board is left alone, by the clock of `performance`. */
  private readonly resting = new Map<string, number>();
  private states = new Map<string, BoardStatus>();

  constructor(
    private readonly boards: readonly RackBoard[],
    private readonly machine: Machine,
  ) {
    this.facts = boards.map((board) => ({ mac: board.mac, labels: labelsOf(board) }));
  }

  /** Asks the machine again: boards are held and quarantined by others, too. */
  async look(): Promise<void> {
    const states = await this.machine.status(this.boards);
    this.states = new Map(states.map((status) => [status.mac, status]));
  }

  free(): BoardFacts[] {
    const now = performance.now();
    return this.facts.filter(({ mac }) => {
      if (this.jobs.has(mac) || now < (this.resting.get(mac) ?? 0)) return false;
      return this.states.get(mac)?.state === 'free';
    });
  }

  /** Boards that jobs of this worker run on. */
  ours(): BoardFacts[] {
    return this.facts.filter(({ mac }) => this.jobs.has(mac));
  }

  take(facts: readonly BoardFacts[], job: string): RackBoard[] {
    const taken = this.boards.filter(({ mac }) => facts.some((each) => each.mac === mac));
    for (const { mac } of taken) this.jobs.set(mac, job);
    return taken;
  }

  letGo(boards: readonly RackBoard[], end: WorkEnd): void {
    for (const { mac } of boards) {
      this.jobs.delete(mac);
      // What was seen of it last was our own job's hold.
      this.states.delete(mac);
      if (end === 'busy') this.resting.set(mac, performance.now() + BUSY_PAUSE_MS);
    }
  }

  /** For whoever asks what the worker has. */
  describe(): WorkerFacts['boards'] {
    return this.boards.map((board) => {
      const { state = 'free', why } = this.states.get(board.mac) ?? {};
      const job = this.jobs.get(board.mac);
      const known = { id: board.id, mac: board.mac, labels: labelsOf(board), state };
      return { ...known, ...(why === undefined ? {} : { why }), ...(job === undefined ? {} : { job }) };
    });
  }
}
