import { join } from 'node:path';
import { acquireLease } from '../acquire.js';
import type { Lease } from '../lease.js';

/** The lease of a virtual board of that state folder, taken as everybody takes it; nobody else may have it. */
export function leaseForTest(stateFolder: string, { id, mac }: { id: string; mac: string }): Promise<Lease> {
  const folder = join(stateFolder, 'boards', mac.replaceAll(':', '-'));
  return acquireLease({ folder, board: id, mac, what: 'test', timeoutMs: 0 });
}
