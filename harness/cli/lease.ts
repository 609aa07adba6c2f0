import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { listLeases } from '../lease/list.js';
import { type Released, releaseLease } from '../lease/release.js';
import { boardFolder } from '../rack/board-folder.js';
import { findRack } from '../rack/find-rack.js';
import type { Rack } from '../rack/rack-file.js';
import { EXIT_CODES } from '../results/verdict.js';
import type { LeaseSomewhere, leasesOfHosts } from './host-leases.js';
import { formatLeases } from './lease-table.js';

export interface ListFlags {
  readonly rack?: string;
  readonly json?: boolean;
}

export interface ReleaseFlags {
  readonly rack?: string;
  readonly force?: boolean;
}

/**
 * Shows the leases of the boards that this machine keeps, this state folder's and the machine's, and of those that the rack's hosts keep.
 * A host that cannot be asked is named, and the exit code says so.
 */
export async function listLeasesEverywhere({ rack: path, json }: ListFlags): Promise<void> {
  const rack = await findRack(path);
  const here = await leasesOfMachine();
  const { leases: there, away } = rack.hosts.length === 0 ? NOBODY : await askHosts(rack);
  const wanted = path === undefined ? undefined : wantedOf(rack);
  const leases = [...here, ...there].filter((lease) => wanted?.has(keyOf(lease)) ?? true);
  for (const { host, why } of away) process.stderr.write(`tokenrack: infra-fail: ${host}: ${why}\n`);
  if (away.length > 0) process.exitCode = EXIT_CODES['infra-fail'];
  const unasked = away.length === 0 ? {} : { away };
  process.stdout.write(
    json === true ? `${JSON.stringify({ leases, ...unasked })}\n` : `${formatLeases(leases)}\n`,
  );
}

const NOBODY = { leases: [], away: [] };

async function askHosts(rack: Rack): ReturnType<typeof leasesOfHosts> {
  const { leasesOfHosts: ask } = await import('./host-leases.js');
  return ask(rack.hosts);
}

/** What a rack file means by its boards: folders of this machine, MACs of others. */
function wantedOf({ boards }: Rack): Set<string> {
  return new Set(
    boards.map((board) =>
      board.rack_host === undefined
        ? boardFolder(board, readEnvironment())
        : `${board.rack_host} ${board.mac}`,
    ),
  );
}

function keyOf({ host, folder, mac }: LeaseSomewhere): string {
  return host === undefined ? folder : `${host} ${mac}`;
}

async function leasesOfMachine(): Promise<LeaseSomewhere[]> {
  const { stateFolder, machineFolder } = readEnvironment();
  const state = (await listLeases(stateFolder)).map((lease) => ({ ...lease, home: 'state' as const }));
  if (machineFolder === stateFolder) return state;
  const machine = (await listLeases(machineFolder)).map((lease) => ({ ...lease, home: 'machine' as const }));
  return [...state, ...machine];
}

/**
 * Takes a board's lease back, and says what came of it.
 * @throws InfraError `lease-held` when somebody else has it and `force` is not said
 */
export async function releaseBoard(name: string, flags: ReleaseFlags): Promise<void> {
  const force = flags.force === true;
  const rack = await findRack(flags.rack);
  const far = rack.boards.find((board) => board.id === name || board.mac === name);
  const host = rack.hosts.find(({ id }) => id === far?.rack_host);
  if (far !== undefined && host !== undefined) {
    const { releaseOnHost } = await import('./host-leases.js');
    const released = await releaseOnHost(host, far.mac, force);
    process.stdout.write(`${far.id} on ${host.id}: ${describe(released)}\n`);
    return;
  }
  const named = await leasesNamed(name, rack);
  for (const { folder, board, home } of named) {
    const kept = named.length > 1 ? ` (kept in the ${home} folder)` : '';
    process.stdout.write(`${board}${kept}: ${describe(await releaseLease(folder, { force }))}\n`);
  }
}

/** The lease of the rack's board; for one that the rack has not, those of its MAC, or of the name that it was last leased under. */
async function leasesNamed(name: string, rack: Rack): Promise<LeaseSomewhere[]> {
  const known = rack.boards.find((board) => board.id === name || board.mac === name);
  const all = await leasesOfMachine();
  const own = known === undefined ? undefined : boardFolder(known, readEnvironment());
  const ours = all.filter(({ folder }) => folder === own);
  if (ours.length > 0) return ours;
  const mac = known?.mac ?? name;
  const byMac = all.filter((state) => state.mac === mac);
  const found = byMac.length > 0 ? byMac : all.filter((state) => state.board === name);
  const [first] = found;
  if (first === undefined) {
    const names = [...new Set(all.map(({ board }) => board))].join(', ') || 'none';
    const message = `no lease of "${name}" on this machine; leased were: ${names}`;
    throw new ConfigError('unknown-lease', message, { board: name });
  }
  if (found.every((state) => state.mac === first.mac)) return found;
  const macs = found.map((state) => state.mac).join(', ');
  throw new ConfigError('ambiguous-lease', `several boards were leased as ${name}: name one of ${macs}`);
}

function describe(released: Released): string {
  const { holder } = released;
  const who = holder === undefined ? '' : `${holder.user} (process ${holder.pid}), ${holder.what}`;
  if (released.state === 'revoked') {
    const seconds = Math.max(1, Math.ceil(released.leftMs / 1000));
    return `taken from ${who}; it lets go now, in ${seconds} s at the latest`;
  }
  return holder === undefined ? 'free already' : `free; its holder had gone: ${who}`;
}
