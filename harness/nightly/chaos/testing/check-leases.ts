import { acquireLease } from '../../../lease/acquire.js';
import { listLeases } from '../../../lease/list.js';
import { type Held, leasesIn, overlaps } from '../../testing/lease-history.js';
import type { TrialMachine } from './machines.js';
import { until } from './processes.js';

/** What the run folders of the night and of every machine's own tries prove against the leases: nothing, when all is well. */
export async function checkHistory(night: string, machines: readonly TrialMachine[]): Promise<string[]> {
  const folders = [night];
  for (const machine of machines) folders.push(...(await machine.tryFolders()));
  return overlaps(onceEach(await leasesIn(folders)));
}

/** What holds a board yet, or keeps it from being leased, when every lease's time to live is over. */
export async function checkFree(machines: readonly TrialMachine[], ttlMs: number): Promise<string[]> {
  const faults: string[] = [];
  for (const { state } of machines) {
    const held = async (): Promise<string[]> =>
      (await listLeases(state)).flatMap(({ mac, holder }) =>
        holder !== undefined && holder.leftMs > 0 ? `${mac} is held by ${JSON.stringify(holder)}` : [],
      );
    await until('end of the leases', ttlMs, async () => (await held()).length === 0).catch(() => {});
    faults.push(...(await held()));
    for (const { folder, mac, board, fence } of await listLeases(state)) {
      const lease = await acquireLease({ folder, mac, board, what: 'a trial', timeoutMs: 0 }).catch(
        (error: Error) => void faults.push(`${mac} cannot be leased: ${error.message}`),
      );
      if (lease && lease.record.fence <= fence)
        faults.push(`${mac}: fence ${lease.record.fence} after ${fence}`);
      await lease?.release();
    }
  }
  return faults;
}

/** A run is where it ran and, when it was fetched, with the controller: the same lease in both. A run's attempts share a lease. */
function onceEach(held: readonly Held[]): Held[] {
  const known = new Map<string, Held>();
  for (const one of held) {
    const key = JSON.stringify([one.mac, one.lease.fence, one.lease.acquiredUs, one.lease.owner.pid]);
    const before = known.get(key);
    if (before === undefined || (one.lease.endedUs ?? 0) > (before.lease.endedUs ?? 0)) known.set(key, one);
  }
  return [...known.values()];
}
