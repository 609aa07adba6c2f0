import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';

/** A process that is not mistaken for a later one with the same id. */
export interface ProcessMark {
  readonly pid: number;
  /** When it started, as the system counts; absent where the system does not say. */
  readonly start?: string;
  /** Where its id means something: containers that share a folder have ids of their own. */
  readonly space: string;
}

/** What leases need to know of the machine that has the board. Injected, so that tests own time and death. */
export interface Machine {
  /**
   * Names this boot. Where the system has no name for it, always the same: a reboot then shows by a clock that went
   * back, and where it does not, by the time to live.
   */
  readonly boot: string;
  /** Microseconds by a clock that never steps and that all processes share. Linux: CLOCK_MONOTONIC, from the boot. */
  nowUs(): number;
  readonly self: ProcessMark;
  /** True only when it is certain. */
  isGone(mark: ProcessMark): boolean;
  /** `user@machine` */
  readonly user: string;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return machine;
}

const space = pidSpace();

const machine: Machine = {
  boot: textOf('/proc/sys/kernel/random/boot_id') ?? `boot of ${hostname()}`,
  nowUs: () => Number(process.hrtime.bigint() / 1000n),
  self: markOf(process.pid),
  isGone,
  user: `${userName()}@${hostname()}`,
};

function markOf(pid: number): ProcessMark {
  const start = lifeOf(pid)?.start;
  return { pid, space, ...(start === undefined ? {} : { start }) };
}

function isGone(mark: ProcessMark): boolean {
  if (mark.space !== space) return false;
  if (!exists(mark.pid)) return true;
  const life = lifeOf(mark.pid);
  if (life === undefined || mark.start === undefined) return false;
  return life.ended || life.start !== mark.start;
}

/** From `/proc/PID/stat`, see proc(5): field 3 is the state, field 22 the start in ticks since the boot. */
function lifeOf(pid: number): { readonly start: string; readonly ended: boolean } | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in field 2 may contain anything, closing parentheses as well.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { start: fields[19] ?? '', ended: fields[0] === 'Z' || fields[0] === 'X' };
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function pidSpace(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/** A container may run under a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
