import { type FSWatcher, watch } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { InfraError } from '../../errors.js';
import type { JobOutcome } from './job.js';
import { type JobFolder, noJob } from './job-folder.js';
import { type JobLine, parseJobLine } from './job-line.js';
import { LineTail } from './line-tail.js';
import { isAlive } from './process-identity.js';

/** A change that no watcher told of is seen this much later. */
const POLL_MS = 250;
/** As much of what a dead process printed as is told. */
const LAST_WORDS_BYTES = 2000;

/** `next`: the offset after the line. A promise is waited for before the next line is read. */
export type OnJobLine = (line: JobLine, next: number) => void | Promise<void>;

/**
 * Hands over a job's lines from `offset` on, and resolves with its outcome, when all of them were.
 * @param graceMs how long a process may take to begin
 * @throws InfraError `no-job`, `job-died`; the signal's reason
 */
export async function followJob(
  folder: JobFolder,
  offset: number,
  onLine: OnJobLine,
  { signal, graceMs }: { readonly signal: AbortSignal; readonly graceMs: number },
): Promise<JobOutcome> {
  signal.throwIfAborted();
  await using tail = new LineTail(folder.events, offset);
  using waker = new Waker(folder.path, signal);
  const drain = (): Promise<void> =>
    tail.read((text, next) => {
      const line = parseJobLine(text);
      return line === undefined ? undefined : onLine(line, next);
    });
  const givesUpAt = performance.now() + graceMs;
  for (;;) {
    const ended = await endOf(folder, { outOfPatience: performance.now() >= givesUpAt, graceMs });
    await drain();
    if (ended !== undefined) return ended();
    await waker.next();
    signal.throwIfAborted();
  }
}

/** What there is to say at the end, undefined before it. All lines were written by then. */
async function endOf(folder: JobFolder, patience: Patience): Promise<(() => JobOutcome) | undefined> {
  const why = await causeOfDeath(folder, patience);
  // Looked at last: a process that wrote its outcome and ended meanwhile did not die.
  const outcome = await folder.outcome();
  if (outcome !== undefined) return () => outcome;
  if (why === undefined) return undefined;
  const evidence = await lastWords(folder);
  return () => {
    throw new InfraError('job-died', why, { path: folder.path, ...(evidence === '' ? {} : { evidence }) });
  };
}

export interface Patience {
  /** How old a job's folder may be that no process took yet. */
  readonly graceMs: number;
  /** Whoever asks waited that long already: clocks may be wrong about the folder's age. */
  readonly outOfPatience: boolean;
}

/** Why no outcome will come any more, unless there is one; undefined while one may. */
export async function causeOfDeath(
  folder: JobFolder,
  { graceMs, outOfPatience }: Patience,
): Promise<string | undefined> {
  const claim = await folder.claimed();
  if (claim === undefined) {
    const age = await ageOf(folder);
    if (!outOfPatience && age < graceMs) return undefined;
    const abandoned = `no process took it up within ${Math.round(graceMs / 1000)} s`;
    return (await folder.claim({ abandoned })) ? `the job did not begin: ${abandoned}` : undefined;
  }
  if ('abandoned' in claim) return `the job did not begin: ${claim.abandoned}`;
  if (isAlive(claim)) return undefined;
  return `the job's process ${claim.pid} is gone and left no outcome`;
}

async function ageOf(folder: JobFolder): Promise<number> {
  const made = await stat(folder.path).catch(() => undefined);
  if (made === undefined) throw noJob(folder.path);
  return Date.now() - made.mtimeMs;
}

export async function lastWords(folder: JobFolder): Promise<string> {
  const file = await open(folder.output).catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - LAST_WORDS_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LAST_WORDS_BYTES), 0, LAST_WORDS_BYTES, start);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}

/** Wakes whoever waits when something in a folder changed, at the latest after `POLL_MS`, and when the signal aborts. */
class Waker implements Disposable {
  private readonly watcher: FSWatcher | undefined;
  private changed = false;
  private wake: () => void = () => {};

  constructor(
    path: string,
    private readonly signal: AbortSignal,
  ) {
    this.watcher = watchQuietly(path, () => this.tell());
    signal.addEventListener('abort', this.tell);
  }

  async next(): Promise<void> {
    if (!this.changed && !this.signal.aborted) {
      await new Promise<void>((done) => {
        const timer = setTimeout(done, POLL_MS);
        this.wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
    this.changed = false;
  }

  [Symbol.dispose](): void {
    this.watcher?.close();
    this.signal.removeEventListener('abort', this.tell);
  }

  private readonly tell = (): void => {
    this.changed = true;
    this.wake();
  };
}

/** Watching is a help, not a need: a machine may be out of watches. */
function watchQuietly(path: string, tell: () => void): FSWatcher | undefined {
  try {
    return watch(path, tell).on('error', () => {});
  } catch {
    return undefined;
  }
}
