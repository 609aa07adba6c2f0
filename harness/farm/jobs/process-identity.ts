import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/** A process that cannot be mistaken for a later one with its number. */
export const processSchema = z.object({
  pid: z.int().min(1),
  /** When it started, in clock ticks since the boot; absent where the system does not say. */
  startTicks: z.int().optional(),
  /** Which boot of the machine; absent where the system does not say. */
  boot: z.string().optional(),
});
export type ProcessIdentity = z.output<typeof processSchema>;

export async function ownIdentity(): Promise<ProcessIdentity> {
  const status = await readStatus(process.pid);
  const boot = await bootId();
  return {
    pid: process.pid,
    ...(status === undefined ? {} : { startTicks: status.startTicks }),
    ...(boot === undefined ? {} : { boot }),
  };
}

/** Whether that very process still runs: not a later one of the same number, not one of an earlier boot, not a zombie. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (!answers(identity.pid)) return false;
  if (identity.boot !== (await bootId())) return false;
  const status = await readStatus(identity.pid);
  if (status === undefined) return answers(identity.pid);
  return status.startTicks === identity.startTicks && !['Z', 'X'].includes(status.state);
}

/** Linux's name for this boot; undefined elsewhere. */
export function bootId(): Promise<string | undefined> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Fields 3 and 22 of `/proc/PID/stat` (proc(5)), counted after the name, which may hold spaces and parentheses. */
async function readStatus(pid: number): Promise<{ state: string; startTicks: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? undefined : { state: fields[0]!, startTicks: Number(fields[19]) };
}
