import { join } from 'node:path';
import { readEnvironment } from '../config/environment.js';
import { InfraError } from '../errors.js';
import { openFolderStore } from '../farm/blobs/folder-store.js';
import { type JobQueue, openJobQueue } from '../farm/queue/job-queue.js';
import type { QueueEvent } from '../farm/queue/queue-event.js';
import { redactUrl } from '../farm/queue/queue-url.js';
import type { WorkerFacts } from '../farm/queue/workers.js';
import type { NightSummaryBoard } from '../sinks/night-summary.js';
import { tokenrackVersion } from '../version.js';
import { dispatchQueue, nightJobOf } from './dispatch-queue.js';
import type { PlanBoard } from './plan-night.js';
import { QueuePatience } from './queue-patience.js';
import type { Team } from './team.js';

export interface QueueTeamOptions {
  readonly url: string;
  /** Every scenario on every board that a worker has: they are asked now. Otherwise on any one, whoever may have it. */
  readonly everyBoard: boolean;
  /** Ids of the only boards, if not all. */
  readonly boards: readonly string[];
  /** Of the night: an interrupted one still takes its jobs back. */
  readonly signal: AbortSignal;
  /** When the night's time is up, in milliseconds since the epoch. */
  readonly untilMs?: number;
  readonly note: (text: string) => void;
}

/**
 * The workers of a queue, wherever they are.
 * @throws ConfigError as `openJobQueue`; InfraError `no-worker` when every board is wanted and none is there, `queue-away` when
 * Redis is not there before the night's time is up
 */
export async function openQueueTeam(options: QueueTeamOptions): Promise<Team> {
  const { url, everyBoard, note } = options;
  const near = await openFolderStore(join(readEnvironment().stateFolder, 'blobs'));
  const patience = new QueuePatience({ ...options, url: redactUrl(url) });
  const { signal } = patience;
  const onEvent = (event: QueueEvent): void => note(describe(event));
  const opening = openJobQueue(url, { version: tokenrackVersion, signal, onEvent, near });
  const queue = await opening.catch((error: unknown) => {
    patience[Symbol.dispose]();
    throw error;
  });
  let ours: ReadonlySet<string> = new Set();
  const close = async (): Promise<void> => {
    patience[Symbol.dispose]();
    await queue[Symbol.asyncDispose]();
  };
  try {
    const planBoards = everyBoard ? { planBoards: await boardsOf(queue, options) } : {};
    patience.watch(() => queue.workers());
    return {
      ...planBoards,
      isElsewhere: true,
      boardOf: () => undefined,
      run: async (night) => {
        ours = new Set(night.jobs.map(({ id }) => id));
        await dispatchQueue({ ...night, queue, blobs: near });
      },
      summaryBoards: async () => (await queue.workers()).flatMap((worker) => summaryOf(worker, ours)),
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function boardsOf(queue: JobQueue, { boards: ids }: QueueTeamOptions): Promise<PlanBoard[]> {
  const workers = (await queue.workers()).filter(
    ({ version, ending }) => version === tokenrackVersion && !ending,
  );
  const all = workers.flatMap(({ name, boards }) =>
    boards.map(({ id, mac, labels }) => ({ id, mac, labels, place: name })),
  );
  const chosen = ids.length === 0 ? all : all.filter(({ id, mac }) => ids.includes(id) || ids.includes(mac));
  if (chosen.length > 0) return chosen;
  const message = `no worker of tokenrack ${tokenrackVersion} has ${ids.length === 0 ? 'a board' : ids.join(', ')} now: start some with tokenrack worker, or use --once`;
  throw new InfraError('no-worker', message);
}

/** A worker's boards. What jobs of the night held at its last heartbeat is free: none of them runs any more when a night is summed up. */
export function summaryOf({ name, boards }: WorkerFacts, ours: ReadonlySet<string>): NightSummaryBoard[] {
  return boards.map(({ id, mac, state, why, job }) => {
    const board = { id, mac, place: name };
    if (state === 'held' && job !== undefined && ours.has(nightJobOf(job)))
      return { ...board, state: 'free' };
    return { ...board, state, ...(why === undefined ? {} : { why }) };
  });
}

function describe(event: QueueEvent): string {
  if ('message' in event) return event.message;
  switch (event.type) {
    case 'redis-back':
      return 'Redis is back';
    case 'resubmitted':
      return `Redis had forgotten ${event.jobs.length} job(s): added again`;
    default:
      return `${event.job}: ${event.type}`;
  }
}
