import { type Finding, ok, warning, wrong } from './finding.js';

/** @param needed as `engines` of package.json has it: `>=20.19` */
export function checkNode(version: string, needed: string): Finding {
  const least = needed.replace(/^>=/, '');
  const [have, want] = [version.replace(/^v/, ''), least].map((text) => text.split('.').map(Number));
  const [major = 0, minor = 0] = have ?? [];
  const [wantMajor = 0, wantMinor = 0] = want ?? [];
  if (major > wantMajor || (major === wantMajor && minor >= wantMinor)) return ok('Node.js', version);
  return wrong('Node.js', `${version} is too old`, `install Node.js ${least} or later: https://nodejs.org`);
}

export interface ClockFacts {
  /** Whether something keeps it right; absent when the system does not say. */
  readonly synchronised?: boolean;
  readonly nowMs: number;
  /** When the newest of some files was written that must lie in the past. */
  readonly newestFileMs?: number;
  /** Whether the system tells one boot from another, as leases want. */
  readonly hasBootId: boolean;
}

/** Files of other machines may be a little ahead. */
const AHEAD_MS = 2 * 60_000;

export function checkClock({ synchronised, nowMs, newestFileMs, hasBootId }: ClockFacts): Finding[] {
  return [wallClock(), leaseClock()];

  function wallClock(): Finding {
    if (newestFileMs !== undefined && newestFileMs - nowMs > AHEAD_MS) {
      const message = `it says ${new Date(nowMs).toISOString()}, and files were written at ${new Date(newestFileMs).toISOString()}`;
      return warning(
        'clock',
        message,
        'set it: results and metrics carry its times (sudo timedatectl set-ntp true)',
      );
    }
    if (synchronised === false)
      return warning('clock', 'nothing keeps it right', 'sudo timedatectl set-ntp true');
    const time = new Date(nowMs).toISOString();
    return ok(
      'clock',
      synchronised === true
        ? `${time}, synchronised`
        : `${time}; the system does not say whether it is synchronised`,
    );
  }

  function leaseClock(): Finding {
    if (hasBootId) return ok('lease clock', 'does not step, and tells boots apart');
    const message =
      'the system does not tell one boot from another: a lease from before a reboot lasts to its end';
    return warning(
      'lease clock',
      message,
      'after a reboot wait for half a minute, or use `tokenrack lease release`',
    );
  }
}

export interface DiskSpace {
  /** Such as `runs`. */
  readonly what: string;
  readonly path: string;
  readonly freeBytes: number;
}

const MB = 1_000_000;
/** A run of the packaged model takes a few megabytes; less is soon full. */
const TOO_LITTLE_BYTES = 100 * MB;
const LITTLE_BYTES = 1000 * MB;

export function checkDisk(folders: readonly DiskSpace[]): Finding[] {
  return folders.map(({ what, path, freeBytes }) => {
    const message = `${Math.round(freeBytes / MB)} MB free for ${what} (${path})`;
    const next = 'make room, or put the folder elsewhere (TOKENRACK_STATE, TOKENRACK_RUNS)';
    if (freeBytes < TOO_LITTLE_BYTES) return wrong('disk', message, next);
    return freeBytes < LITTLE_BYTES ? warning('disk', message, next) : ok('disk', message);
  });
}

export interface MachineFolder {
  readonly path: string;
  /** Whose it is: everybody's on this machine, or this user's own. */
  readonly shared: boolean;
  readonly writable: boolean;
  /** Whether the rack has real boards here: virtual ones do not use the folder. */
  readonly isNeeded: boolean;
}

export function checkMachineFolder({ path, shared, writable, isNeeded }: MachineFolder): Finding {
  const check = 'machine folder';
  if (!writable)
    return (isNeeded ? wrong : warning)(
      check,
      `${path} cannot be written: no lease of a real board can be taken`,
      'sudo install -d -m 1777 /var/lib/tokenrack, or set TOKENRACK_MACHINE',
    );
  if (shared || !isNeeded) return ok(check, `${path}, ${shared ? 'shared by all users' : "this user's own"}`);
  const message = `${path} is this user's own: other users of this machine do not see who has a board`;
  return warning(check, message, 'when others use the boards: sudo install -d -m 1777 /var/lib/tokenrack');
}
