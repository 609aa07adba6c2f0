import type { LeaseState } from '../../lease/lease.js';
import { type Finding, ok, warning } from './finding.js';

/** Longer than any night. */
const LONG_MS = 16 * 3_600_000;

/** None keeps the next from its turn for ever: an expired lease is free, and a held one has its owner. */
export function checkLeases(leases: readonly LeaseState[]): Finding[] {
  const findings = leases.flatMap(checkLease);
  if (findings.length > 0) return findings;
  const held = leases.filter(({ holder }) => holder !== undefined).length;
  return [ok('leases', held === 0 ? 'no board is held' : `${held} board(s) held, none stale`)];
}

function checkLease({ board, holder }: LeaseState): Finding[] {
  if (holder === undefined) return [];
  const { user, pid, what, heldMs, leftMs, gone } = holder;
  const by = `${user} (process ${pid}, ${what})`;
  const release = `\`tokenrack lease release\` for ${board} clears it; the next who asks gets it anyway`;
  if (gone === true) return [warning('leases', `${board}: the process that had it is gone: ${by}`, release)];
  if (leftMs < 0) return [warning('leases', `${board}: its lease has expired: ${by}`, release)];
  if (heldMs < LONG_MS) return [];
  const message = `${board}: held for ${Math.round(heldMs / 3_600_000)} hours by ${by}`;
  return [warning('leases', message, 'ask them; `tokenrack lease release --force` takes it')];
}
