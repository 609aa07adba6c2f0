import { dirname, resolve } from 'node:path';
import { readYamlLines, type YamlLines } from '../config/yaml-file.js';
import { ConfigError } from '../errors.js';
import type { RackHost } from './host-schema.js';
import { mac, type RackBoard, rackFileSchema, type VirtualRackBoard, virtualBoard } from './rack-schema.js';

export type { RackBoard, VirtualRackBoard };

/** A virtual board that is in no rack, with every default. @throws ConfigError `bad-mac` */
export function looseVirtualBoard(address: string): VirtualRackBoard {
  const checked = mac.safeParse(address);
  if (!checked.success)
    throw new ConfigError('bad-mac', `MAC "${address}": ${checked.error.issues[0]?.message}`, {
      mac: address,
    });
  const id = `virtual-${address.replaceAll(':', '').slice(-6)}`;
  return virtualBoard.parse({ id, mac: address, link: 'virtual' });
}

/** What a board's times are: the world's, or the cost model's. A board with modelled times runs virtual builds only. */
export function clockOf(board: RackBoard): 'hardware' | 'modelled' {
  if (board.link === 'virtual') return 'modelled';
  return board.link === 'rfc2217' ? board.clock : 'hardware';
}

/** What a scenario may ask for: the board's own labels, and `virtual` or `hardware`, `rev1` or `rev3` as far as they are known. */
export function labelsOf(board: RackBoard): string[] {
  const revision = board.chip_revision === undefined ? [] : [`rev${Math.floor(board.chip_revision / 100)}`];
  return [...new Set([...board.labels, clockOf(board) === 'modelled' ? 'virtual' : 'hardware', ...revision])];
}

export interface Rack {
  readonly path: string;
  /** Machines that have boards of their own. */
  readonly hosts: readonly RackHost[];
  readonly boards: readonly RackBoard[];
}

/** @throws ConfigError with `path:line`; also when an id or a MAC occurs twice, or a board is on a host that is none. */
export async function readRack(path: string): Promise<Rack> {
  const { value, lineOf } = await readYamlLines(path, rackFileSchema);
  const { boards, hosts } = value;
  const file = { path, lineOf };
  refuseRepeats(file, ['hosts', 'id'], hosts, (host) => `two hosts are called ${host.id}`);
  refuseStrangeHosts(file, boards, hosts);
  refuseRepeats(file, ['boards', 'id'], boards, (board) => `two boards have the id ${board.id}`);
  refuseRepeats(file, ['boards', 'mac'], boards, (board) => `two boards have the MAC ${board.mac}`);
  return { path, hosts, boards: boards.map((board) => withTablePath(board, path)) };
}

/** A cost table is named relative to the rack file. */
function withTablePath(board: RackBoard, rackPath: string): RackBoard {
  if (board.cost_table === undefined) return board;
  return { ...board, cost_table: resolve(dirname(rackPath), board.cost_table) };
}

type RackFile = Pick<YamlLines<unknown>, 'lineOf'> & { readonly path: string };

/** The line is that of the second one. */
function refuseRepeats<Key extends string, Entry extends Record<Key, string>>(
  { path, lineOf }: RackFile,
  [list, key]: readonly [list: string, key: Key],
  entries: readonly Entry[],
  describe: (entry: Entry) => string,
): void {
  const values = entries.map((entry) => entry[key]);
  const index = values.findIndex((value, at) => values.indexOf(value) !== at);
  const repeated = entries[index];
  if (repeated === undefined) return;
  const line = lineOf([list, index, key]);
  throw new ConfigError('rack-repeats', `${path}:${line}: ${describe(repeated)}`, { path, line });
}

function refuseStrangeHosts(
  { path, lineOf }: RackFile,
  boards: readonly RackBoard[],
  hosts: readonly RackHost[],
): void {
  const known = new Set(hosts.map((host) => host.id));
  const index = boards.findIndex(({ rack_host: host }) => host !== undefined && !known.has(host));
  const stray = boards[index];
  if (stray === undefined) return;
  const line = lineOf(['boards', index, 'rack_host']);
  const message = `${path}:${line}: ${stray.id} is on ${stray.rack_host}, which is none of the hosts`;
  throw new ConfigError('unknown-host', message, { path, line, board: stray.id });
}

/** The boards named by `ids`, in that order. @throws ConfigError `unknown-board` listing those there are. */
export function selectBoards(rack: Rack, ids: readonly string[]): RackBoard[] {
  const boards = ids.map((id) => {
    const board = rack.boards.find((candidate) => candidate.id === id || candidate.mac === id);
    if (board === undefined) {
      const known = rack.boards.map((candidate) => candidate.id).join(', ');
      throw new ConfigError('unknown-board', `no board "${id}" in ${rack.path}; it has ${known}`, {
        board: id,
      });
    }
    return board;
  });
  const repeated = boards.find((board, index) => boards.indexOf(board) !== index);
  if (repeated === undefined) return boards;
  throw new ConfigError('board-repeats', `board ${repeated.id} is named twice`, { board: repeated.id });
}
