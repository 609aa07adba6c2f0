import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { readYamlFile } from '../config/yaml-file.js';
import { ConfigError } from '../errors.js';

const mac = z
  .string()
  .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/, 'a MAC is six lower-case hex bytes, such as 24:6f:28:00:00:01');

const common = {
  /** What people call it; unique in the rack. */
  id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'an id is lower-case letters, digits and dashes'),
  /** The chip's MAC: the board's identity. */
  mac,
  /** Free words that scenarios may ask for. */
  labels: z.array(z.string()).default([]),
  /**
   * Cost table that models this board; relative to the rack file. A virtual board's clock runs by it (default:
   * fixtures/hardware/esp32cam.json), `tokenrack bringup` makes it for a real one.
   */
  cost_table: z.string().optional(),
};

const cardSettings = {
  /** Bus width of the SD card. */
  card_mode: z.enum(['1-bit', '4-bit']).default('1-bit'),
  /** Card reads into PSRAM go through a buffer in internal RAM. */
  bounce_buffer: z.boolean().default(true),
  /** FatFs's cluster map, so that a seek does not walk the chain. */
  fast_seek: z.boolean().default(true),
};

const virtualBoard = z.strictObject({
  ...common,
  ...cardSettings,
  link: z.literal('virtual'),
  /** major * 100 + minor, such as 301. */
  chip_revision: z.int().min(0).max(399).default(301),
  /** `virtual`: as fast as the machine allows; `real`: paced by the wall clock. */
  pace: z.enum(['virtual', 'real']).default('virtual'),
});

const usbBoard = z.strictObject({
  ...common,
  link: z.literal('usb'),
  /** Serial port, such as /dev/ttyUSB0 or COM4. */
  port: z.string(),
});

const rfc2217Board = z.strictObject({
  ...common,
  link: z.literal('rfc2217'),
  /** Name or address of the serial server's machine. */
  host: z.string().regex(/^[^\s/?#@[\]]+$/, 'a host is a name or an address, such as lab-3 or 192.168.0.7'),
  /** TCP port of the serial server. */
  port: z.int().min(1).max(65_535),
  /** `modelled`: what the server serves is a virtual board, and its times come from a cost table. */
  clock: z.enum(['hardware', 'modelled']).default('hardware'),
});

const rackFile = z.strictObject({
  boards: z
    .array(z.discriminatedUnion('link', [virtualBoard, usbBoard, rfc2217Board]))
    .min(1, 'a rack has at least one board'),
});

export type RackBoard =
  | z.output<typeof virtualBoard>
  | z.output<typeof usbBoard>
  | z.output<typeof rfc2217Board>;
export type VirtualRackBoard = z.output<typeof virtualBoard>;

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

export interface Rack {
  readonly path: string;
  readonly boards: readonly RackBoard[];
}

/** @throws ConfigError with `path:line`; also when an id or a MAC occurs twice. */
export async function readRack(path: string): Promise<Rack> {
  const { boards } = await readYamlFile(path, rackFile);
  refuseRepeats(
    path,
    'id',
    boards.map((board) => board.id),
  );
  refuseRepeats(
    path,
    'MAC',
    boards.map((board) => board.mac),
  );
  return { path, boards: boards.map((board) => withTablePath(board, path)) };
}

/** A cost table is named relative to the rack file. */
function withTablePath(board: RackBoard, rackPath: string): RackBoard {
  if (board.cost_table === undefined) return board;
  return { ...board, cost_table: resolve(dirname(rackPath), board.cost_table) };
}

function refuseRepeats(path: string, what: string, values: readonly string[]): void {
  const repeated = values.find((value, index) => values.indexOf(value) !== index);
  if (repeated !== undefined) {
    throw new ConfigError('rack-repeats', `${path}: two boards have the ${what} ${repeated}`, { path });
  }
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
