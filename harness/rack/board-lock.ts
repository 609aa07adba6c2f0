import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InfraError } from '../errors.js';

/** Holds a virtual board's state folder: no two processes run one board, as no two open one serial port. */
export interface BoardLock extends AsyncDisposable {
  release(): Promise<void>;
}

/**
 * Takes the lock, which lies in `folder` and names its process. A lock whose process is gone is taken over.
 * @throws InfraError `port-in-use` naming the process that holds it
 */
export async function lockBoard(folder: string, board: string): Promise<BoardLock> {
  const path = join(folder, 'lock');
  await mkdir(folder, { recursive: true });
  if (!(await create(path))) {
    const holder = await holderOf(path);
    if (holder !== undefined && isAlive(holder)) {
      const message = `${board}: port in use by process ${holder}; wait for it, or use another board`;
      throw new InfraError('port-in-use', message, { board, holder });
    }
    await rm(path, { force: true });
    if (!(await create(path)))
      throw new InfraError('port-in-use', `${board}: port in use; try again`, { board });
  }
  const release = (): Promise<void> => rm(path, { force: true });
  return { release, [Symbol.asyncDispose]: release };
}

/** False when the file is there already. */
async function create(path: string): Promise<boolean> {
  const file = await open(path, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined;
    throw new InfraError('state-unwritable', `cannot write ${path}: ${error.message}`, { cause: error });
  });
  if (file === undefined) return false;
  await file.writeFile(String(process.pid));
  await file.close();
  return true;
}

async function holderOf(path: string): Promise<number | undefined> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  return Number.isInteger(pid) && pid > 0 ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
