import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import type { LeaseState } from '../lease/lease.js';
import { listLeases } from '../lease/list.js';
import { type Released, releaseLease } from '../lease/release.js';
import { boardFolder } from '../rack/board-folder.js';
import { findRack } from '../rack/find-rack.js';
import { readRack } from '../rack/rack-file.js';
import { formatLeases } from './lease-table.js';

export interface ListFlags {
  readonly rack?: string;
  readonly json?: boolean;
}

export interface ReleaseFlags {
  readonly rack?: string;
  readonly force?: boolean;
}

/** Shows the leases of the boards that this machine keeps: this state folder's, and the machine's. */
export async function listLeasesOfMachine({ rack: path, json }: ListFlags): Promise<void> {
  const all = await leasesOfMachine();
  const wanted = path === undefined ? undefined : await foldersOf(path);
  const leases = all.filter(({ folder }) => wanted?.has(folder) ?? true);
  process.stdout.write(json === true ? `${JSON.stringify({ leases })}\n` : `${formatLeases(leases)}\n`);
}

async function leasesOfMachine(): Promise<LeaseState[]> {
  const { stateFolder, machineFolder } = readEnvironment();
  const homes = [...new Set([stateFolder, machineFolder])];
  return (await Promise.all(homes.map((home) => listLeases(home)))).flat();
}

async function foldersOf(path: string): Promise<Set<string>> {
  const { boards } = await readRack(path);
  return new Set(boards.map((board) => boardFolder(board, readEnvironment())));
}

/**
 * Takes a board's lease back, and says what came of it.
 * @throws InfraError `lease-held` when somebody else has it and `force` is not said
 */
export async function releaseBoard(name: string, flags: ReleaseFlags): Promise<void> {
  const force = flags.force === true;
  for (const { folder, board } of await leasesNamed(name, flags.rack))
    process.stdout.write(`${board}: ${describe(await releaseLease(folder, { force }))}\n`);
}

/** By MAC, by the rack's name for it, or by the name that it was last leased under. */
async function leasesNamed(name: string, rackPath: string | undefined): Promise<LeaseState[]> {
  const rack = await findRack(rackPath);
  const mac = rack.boards.find((board) => board.id === name)?.mac ?? name;
  const all = await leasesOfMachine();
  const byMac = all.filter((state) => state.mac === mac);
  const found = byMac.length > 0 ? byMac : all.filter((state) => state.board === name);
  const [first] = found;
  if (first === undefined) {
    const known = [...new Set(all.map(({ board }) => board))].join(', ') || 'none';
    const message = `no lease of "${name}" on this machine; leased were: ${known}`;
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
