import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Makes a board's folder, `HOME/boards/MAC`. It gets HOME's permissions without the sticky bit: in a machine folder that all
 * may write, everybody may replace everybody's `lease.json`.
 */
export function makeSharedFolder(path: string): void {
  if (existsSync(path)) return;
  const boards = dirname(path);
  const home = dirname(boards);
  mkdirSync(home, { recursive: true });
  const mode = statSync(home).mode & 0o777;
  for (const folder of [boards, path]) {
    if (existsSync(folder)) continue;
    try {
      mkdirSync(folder);
      chmodSync(folder, mode);
    } catch (error) {
      // Somebody else made it meanwhile.
      if (!existsSync(folder)) throw error;
    }
  }
}

/** Writes a new file beside `path`, for whoever may write the folder, and returns its path. Leaves none when that fails. */
export function writeDraft(path: string, text: string, lasting = false): string {
  const draft = `${path}.${randomUUID()}.part`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    fill(file, text, lasting);
    chmodSync(draft, statSync(dirname(path)).mode & 0o666);
    return draft;
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

function fill(file: number, text: string, lasting: boolean): void {
  try {
    writeFileSync(file, text);
    if (lasting) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Readers see the old file or the new one, never half of it; `lasting`: also after a power cut. */
export function replaceFile(path: string, text: string, { lasting }: { readonly lasting: boolean }): void {
  const draft = writeDraft(path, text, lasting);
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  // Windows opens no folders; NTFS keeps names in its journal.
  if (lasting && process.platform !== 'win32') syncFolder(dirname(path));
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Long after whoever wrote it has put it in its place or died. */
const LITTER_MS = 3_600_000;

/** Removes what processes left behind that were killed between two system calls. */
export function sweepLitter(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!/^(lease\.json|fence\.json|lease\.lock)\../.test(name)) continue;
    const path = join(folder, name);
    const madeMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.now() - madeMs > LITTER_MS) rmSync(path, { force: true });
  }
}

/** Undefined when there is no such file. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
