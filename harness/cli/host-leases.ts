import { toTokenrackError } from '../errors.js';
import { HostSession } from '../farm/ssh/host-session.js';
import type { LeaseState } from '../lease/lease.js';
import type { Released } from '../lease/release.js';
import type { RackHost } from '../rack/host-schema.js';

/** A lease, and the rack host that keeps it; absent: this machine. */
export interface LeaseSomewhere extends LeaseState {
  readonly host?: string;
  /** Of this machine: which of its two folders keeps it. */
  readonly home?: 'state' | 'machine';
}

/** A rack host that could not be asked. */
export interface AwayHost {
  readonly host: string;
  readonly why: string;
}

/** The leases that rack hosts keep. A host that does not answer keeps nobody from seeing the others'. */
export async function leasesOfHosts(
  hosts: readonly RackHost[],
): Promise<{ readonly leases: LeaseSomewhere[]; readonly away: AwayHost[] }> {
  const away: AwayHost[] = [];
  const asked = hosts.map((host) =>
    leasesOf(host).catch((error: unknown) => {
      const known = toTokenrackError(error);
      if (known === undefined) throw error;
      away.push({ host: host.id, why: known.message });
      return [];
    }),
  );
  return { leases: (await Promise.all(asked)).flat(), away };
}

async function leasesOf(host: RackHost): Promise<LeaseSomewhere[]> {
  const { leases } = await asking(host, (session) => session.call('lease.list', {}));
  return leases.map((lease) => ({ ...lease, host: host.id }));
}

/** @throws as `releaseLease`, and what keeps the host from being asked */
export function releaseOnHost(host: RackHost, mac: string, force: boolean): Promise<Released> {
  return asking(host, (session) => session.call('lease.release', { mac, force }));
}

async function asking<T>(host: RackHost, ask: (session: HostSession) => Promise<T>): Promise<T> {
  const session = await HostSession.open(host, {});
  try {
    return await ask(session);
  } finally {
    await session.close();
  }
}
