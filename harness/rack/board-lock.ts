import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../errors.js';

/** Holds a virtual board's state folder: no two processes run one board, as no two open one serial port. */
export interface BoardLock extends AsyncDisposable {
  /** Again: nothing. Never removes a lock that somebody else took meanwhile. */
  release(): Promise<void>;
}

/** A take-over that lasts longer was left by a process that died in it. */
const TAKE_OVER_MS = 10_000;

/**
 * Takes the lock, which lies in `folder` and names its process. A lock whose process is gone is taken over.
 * @throws InfraError `port-in-use` naming the process that holds it
 */
export async function lockBoard(folder: string, board: string): Promise<BoardLock> {
  const path = join(folder, 'lock');
  const ours = `${process.pid} ${randomUUID()}`;
  await mkdir(folder, { recursive: true });
  if (!(await place(path, ours))) await takeOver(path, ours, board);
  const release = async (): Promise<void> => {
    if ((await contentOf(path)) === ours) await rm(path, { force: true });
  };
  return { release, [Symbol.asyncDispose]: release };
}

/** Puts the lock there with its content, in one step; false when there is one. */
async function place(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Only one process at a time looks at a lock that may be stale: between look and removal nobody else can act. */
async function takeOver(path: string, ours: string, board: string): Promise<void> {
  const turn = `${path}.turn`;
  if (!(await beginTurn(turn))) throw inUse(board, undefined);
  try {
    const holder = pidOf(await contentOf(path));
    if (holder !== undefined && isAlive(holder)) throw inUse(board, holder);
    await rm(path, { force: true });
    if (!(await place(path, ours))) throw inUse(board, undefined);
  } finally {
    await rm(turn, { force: true });
  }
}

async function beginTurn(turn: string): Promise<boolean> {
  const age = await stat(turn).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age > TAKE_OVER_MS) await rm(turn, { force: true });
  return open(turn, 'wx').then(
    async (file) => {
      await file.close();
      return true;
    },
    () => false,
  );
}

function inUse(board: string, holder: number | undefined): InfraError {
  const by = holder === undefined ? 'another process' : `process ${holder}`;
  const message = `${board}: port in use by ${by}; wait for it, or use another board`;
  return new InfraError('port-in-use', message, { board, holder });
}

function contentOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function pidOf(content: string): number | undefined {
  const pid = Number.parseInt(content, 10);
  return pid > 0 ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
