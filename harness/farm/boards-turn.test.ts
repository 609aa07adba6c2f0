import { expect } from 'chai';
import type { BenchEvent } from '../bench/events.js';
import { InfraError } from '../errors.js';
import { virtualBoard } from '../rack/rack-schema.js';
import { runInTurn, type TurnOptions } from './boards-turn.js';
import { failedOutcome } from './jobs/job-outcome.js';
import { sampleJob } from './jobs/testing/sample-job.js';
import type { BoardStatus, Finished, Place, PlaceRunOptions } from './place.js';

const boards = [1, 2, 3].map((n) =>
  virtualBoard.parse({ id: `cam-${n}`, mac: `24:6f:28:7d:00:0${n}`, link: 'virtual' }),
);
type Placement = Parameters<Place['run']>[1];
type State = Omit<BoardStatus, 'mac'>;
const HELD: State = { state: 'held', why: 'a test' };
const waiting: BenchEvent = { type: 'waiting', board: 'cam-1', position: 2, holder: undefined };

/** A machine whose boards stand as `states` say, in the boards' order, and that does with a job what the test says. */
class Desk implements Place {
  readonly name = 'desk';
  readonly boards = boards;
  readonly runs: { readonly boards: readonly string[]; readonly waitMs: number | undefined }[] = [];

  constructor(
    readonly states: State[],
    private readonly play: (options: PlaceRunOptions, desk: Desk) => Promise<void>,
  ) {}

  async status(): Promise<readonly BoardStatus[]> {
    return this.boards.map(({ mac }, index) => ({ mac, ...(this.states[index] ?? { state: 'free' }) }));
  }

  async run(job: { readonly id: string }, placement: Placement, options: PlaceRunOptions): Promise<Finished> {
    this.runs.push({ boards: placement.boards.map(({ id }) => id), waitMs: placement.waitMs });
    await this.play(options, this);
    const begun = { job: job.id, try: 1, machine: 'desk', startedAt: '2026-11-21T00:00:00Z' };
    return { outcome: failedOutcome({ class: 'inconclusive', message: 'it ran' }, { ...begun, boards: [] }) };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function run(desk: Desk, more: Partial<TurnOptions> = {}, events: BenchEvent[] = []): Promise<Finished> {
  return runInTurn(desk, sampleJob('one'), {
    rack: { path: 'test', hosts: [], boards },
    boards: [],
    retries: 0,
    stateFolder: '',
    runsFolder: '',
    onEvent: (event) => events.push(event),
    count: 1,
    pauseMs: 1,
    ...more,
  });
}

const refuse = async (): Promise<void> => {
  throw new InfraError('lease-busy', 'somebody has it');
};

/** Until it is told to leave. */
async function stand({ onEvent, signal }: PlaceRunOptions): Promise<never> {
  onEvent(waiting);
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

describe('the turn of a job on another machine', () => {
  it('is at once where boards are free', async () => {
    const desk = new Desk([HELD], async () => {});
    await run(desk, { count: 2, leaseTimeoutMs: 5000 });
    expect(desk.runs[0]?.boards).to.deep.equal(['cam-2', 'cam-3']);
  });

  it('is waited for in the line of the board that is free first, and told from there', async () => {
    const desk = new Desk(
      [HELD, { ...HELD, freeInMs: 9000 }, { ...HELD, freeInMs: 4000 }],
      async ({ onEvent }) => onEvent(waiting),
    );
    const events: BenchEvent[] = [];
    await run(desk, { leaseTimeoutMs: 5000 }, events);
    await run(desk, {}, []);
    expect(events).to.deep.equal([waiting]);
    expect(desk.runs.map(({ boards }) => boards)).to.deep.equal([['cam-3'], ['cam-3']]);
    expect(desk.runs[0]?.waitMs).to.be.within(1, 5000);
    expect(desk.runs[1]?.waitMs, 'for ever').to.be.greaterThan(1e12);
  });

  it('is taken elsewhere when another board becomes free, and only while it stands in line', async () => {
    const desk = new Desk([HELD, HELD, HELD], async (options, { states, runs }) => {
      if (runs.length > 1) return;
      setTimeout(() => states.splice(2, 1, { state: 'free' }), 10);
      await stand(options);
    });
    await run(desk);
    expect(desk.runs.map(({ boards }) => boards)).to.deep.equal([['cam-1'], ['cam-3']]);

    const begun = new Desk([HELD, HELD, HELD], async ({ onEvent, signal }, { states }) => {
      onEvent(waiting);
      onEvent({ type: 'attempt', board: 'cam-1', attempt: 1 });
      states.splice(2, 1, { state: 'free' });
      await new Promise((done) => setTimeout(done, 30));
      expect(signal.aborted).to.equal(false);
    });
    await run(begun);
    expect(begun.runs).to.have.length(1);
  });

  it('is not given up for its own board, which may be free for a moment before it has it', async () => {
    const desk = new Desk([HELD, HELD, HELD], async ({ onEvent, signal }, { states }) => {
      onEvent(waiting);
      states.splice(0, 1, { state: 'free' });
      await new Promise((done) => setTimeout(done, 30));
      expect(signal.aborted).to.equal(false);
    });
    await run(desk);
    expect(desk.runs).to.have.length(1);
  });

  it('is waited for no longer than it was said', async () => {
    const desk = new Desk([HELD, HELD, HELD], async () => {
      await new Promise((done) => setTimeout(done, 30));
      await refuse();
    });
    const error = await run(desk, { leaseTimeoutMs: 20 }).catch((cause: unknown) => cause);
    expect(error).to.include({ code: 'lease-busy', message: 'busy on desk: cam-1 is held (a test)' });
    expect(desk.runs).to.have.length(1);

    const now = await run(desk, { leaseTimeoutMs: 0 }).catch((cause: unknown) => cause);
    expect(now).to.include({ code: 'lease-busy' });
    expect(desk.runs, 'nothing was started for that').to.have.length(1);

    const faster = new Desk([], refuse);
    const late = await run(faster, { leaseTimeoutMs: 0 }).catch((cause: unknown) => cause);
    expect(late).to.include({ code: 'lease-busy', message: 'busy on desk: others were faster' });
    expect(faster.runs).to.have.length(1);
  });

  it('ends with the interruption while it stands in line', async () => {
    const ending = new AbortController();
    const desk = new Desk([HELD, HELD, HELD], (options) => {
      setTimeout(() => ending.abort(new Error('enough')), 5);
      return stand(options);
    });
    const error = await run(desk, { signal: ending.signal }).catch((cause: unknown) => cause);
    expect(error).to.include({ message: 'enough' });
  });
});
