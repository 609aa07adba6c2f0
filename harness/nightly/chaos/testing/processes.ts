import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Processes whose environment or command line names the folder: those of a trial, wherever they have got to. Zombies have neither. */
export function processesIn(folder: string, word = ''): number[] {
  const own = `${folder}/`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      const command = textOf(`/proc/${pid}/cmdline`);
      return (
        command.includes(word) && (command.includes(own) || textOf(`/proc/${pid}/environ`).includes(own))
      );
    })
    .map(Number);
}

/** Returns how many there were. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): number {
  return pids.filter((pid) => wasSignalled(pid, signal)).length;
}

export async function until(waitingFor: string, timeoutMs: number, isSo: () => boolean | Promise<boolean>) {
  const lastMs = performance.now() + timeoutMs;
  while (!(await isSo())) {
    if (performance.now() > lastMs) throw new Error(`no ${waitingFor} within ${timeoutMs} ms`);
    await sleep(50);
  }
}

/** What a process is, for whoever reads that it should not be there. */
export function describeProcess(pid: number): string {
  return `${pid}: ${textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`;
}

function wasSignalled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

/** Empty for a process that is gone, or somebody else's. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
