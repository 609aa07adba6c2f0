import { dirname } from 'node:path';
import type { LeaseState } from '../lease/lease.js';
import { plainTable } from '../sinks/plain-table.js';
import type { LeaseSomewhere } from './host-leases.js';
import { span } from './waiting-line.js';

/** A line for each board, and one for each in line. */
export function formatLeases(states: readonly LeaseSomewhere[]): string {
  if (states.length === 0) return 'no board was leased here yet';
  const heads = ['board', 'MAC', 'fence', 'holder', 'for', 'held', 'expires', 'done'];
  const rows = states.flatMap((state) =>
    rowsOf(state).map((row, index) => ({ row, state, isFirst: index === 0 })),
  );
  const isTwice = states.some((one) => states.some((other) => other !== one && isSameBoard(one, other)));
  const kept = (state: LeaseSomewhere): string => state.home ?? dirname(dirname(state.folder));
  return plainTable(
    [...heads, ...(isTwice ? ['kept in'] : [])].map((head) => ({ head })),
    rows.map(({ row, state, isFirst }) => [...row, ...(isTwice ? [isFirst ? kept(state) : ''] : [])]),
  );
}

/** A board that was leased as a virtual one and as a real one: the state folder keeps the one, the machine the other. */
function isSameBoard(one: LeaseSomewhere, other: LeaseSomewhere): boolean {
  return one.mac === other.mac && one.host === other.host;
}

function rowsOf({ board, host, mac, fence, holder, queue }: LeaseSomewhere): string[][] {
  const first =
    holder === undefined
      ? ['free', '', '', '', '']
      : [
          `${holder.user} ${holder.pid}`,
          holder.what,
          span(holder.heldMs),
          expiryOf(holder),
          holder.expectedLeftMs === undefined ? '' : `in about ${span(holder.expectedLeftMs)}`,
        ];
  const waiting = queue.map(({ user, pid, what, waitedMs }, index) => [
    '',
    '',
    '',
    `${index + 1}. ${user} ${pid}`,
    what,
    `waits ${span(waitedMs)}`,
    '',
    '',
  ]);
  const where = host === undefined ? board : `${board} on ${host}`;
  return [[where, mac, String(fence), ...first], ...waiting];
}

function expiryOf({ leftMs, gone, revokedBy }: NonNullable<LeaseState['holder']>): string {
  if (gone === true) return 'its process is gone';
  if (leftMs < 0) return `${span(-leftMs)} ago`;
  return revokedBy === undefined ? `in ${span(leftMs)}` : `taken back by ${revokedBy}`;
}
