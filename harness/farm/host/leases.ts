import { InfraError } from '../../errors.js';
import type { LeaseState } from '../../lease/lease.js';
import { listLeases } from '../../lease/list.js';
import { type Released, releaseLease } from '../../lease/release.js';
import type { HostFolders } from './methods.js';

/** Of virtual boards, which are the state folder's, and of real ones, which are the machine's. */
export async function listAllLeases({ stateFolder, machineFolder }: HostFolders): Promise<LeaseState[]> {
  const homes = [...new Set([stateFolder, machineFolder])];
  return (await Promise.all(homes.map((home) => listLeases(home)))).flat();
}

/** @throws InfraError `no-lease` for a board that was never leased here; `lease-held` */
export async function releaseByMac(folders: HostFolders, mac: string, force: boolean): Promise<Released> {
  const lease = (await listAllLeases(folders)).find((one) => one.mac === mac);
  if (lease === undefined)
    throw new InfraError('no-lease', `no board with the MAC ${mac} was ever leased here`);
  return releaseLease(lease.folder, { force });
}
