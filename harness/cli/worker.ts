import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { LOCK_TIMES, type LockTimes } from '../farm/queue/connection.js';
import type { QueueEvent } from '../farm/queue/queue-event.js';
import { runWorker } from '../farm/queue/worker.js';
import { findRack } from '../rack/find-rack.js';
import { interruptSignal } from './exit.js';

export interface WorkerFlags {
  readonly queue?: string;
  readonly rack?: string;
  readonly name?: string;
  readonly json?: boolean;
}

/** Works until it is interrupted; says on standard error what happens. */
export async function work(flags: WorkerFlags): Promise<void> {
  const { stateFolder, machineFolder, queueUrl, times } = readEnvironment();
  const url = flags.queue ?? queueUrl;
  if (url === undefined)
    throw new ConfigError('no-queue', 'which queue? Give --queue redis://HOST:6379, or set TOKENRACK_QUEUE');
  const { boards } = await findRack(flags.rack);
  const signal = interruptSignal();
  const counts: Partial<Record<QueueEvent['type'], number>> = {};
  await runWorker({
    url,
    boards,
    times: lockTimes(times.lockMs),
    ...(flags.name === undefined ? {} : { name: flags.name }),
    stateFolder,
    machineFolder,
    signal,
    giveBack: secondInterrupt(signal),
    onReady: ({ name, boards: ready }) =>
      say(`${name} is ready with ${ready.map(({ id }) => id).join(', ')}`),
    onEvent: (event) => {
      counts[event.type] = (counts[event.type] ?? 0) + 1;
      say(lineOf(event));
    },
  });
  if (flags.json !== true) return;
  const { taken = 0, completed = 0, 'given-back': givenBack = 0, 'lock-lost': lost = 0 } = counts;
  process.stdout.write(`${JSON.stringify({ taken, completed, givenBack, lost })}\n`);
}

/** Forsaken jobs are looked for twice in the time of a lock. */
function lockTimes(lockMs = LOCK_TIMES.lockMs): LockTimes {
  return { lockMs, stalledIntervalMs: lockMs / 2 };
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}

/** Aborts when the user interrupts once more. */
function secondInterrupt(first: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const hurry = (): void => controller.abort();
  first.addEventListener(
    'abort',
    () => {
      process.stderr.write('ending when its jobs are done; interrupt again to give them back at once\n');
      process.once('SIGINT', hurry);
      process.once('SIGTERM', hurry);
    },
    { once: true },
  );
  return controller.signal;
}

function lineOf(event: QueueEvent): string {
  switch (event.type) {
    case 'redis-away':
    case 'warning':
    case 'unserved':
      return event.message;
    case 'redis-back':
      return 'Redis is back';
    case 'taken':
      return `${event.job}, try ${event.try}: ${event.title}, on ${event.boards.join(', ')}`;
    case 'completed':
      return `${event.job}, try ${event.try}: ${event.verdict}`;
    case 'given-back':
      return `${event.job} goes back into the queue: ${event.why}`;
    case 'lock-lost':
      return `${event.job} is not this worker's any more: nothing is made of its result`;
    case 'resubmitted':
      return `Redis had forgotten ${event.jobs.join(', ')}: added again`;
  }
}
