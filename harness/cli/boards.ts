import { readEnvironment } from '../config/environment.js';
import { boardFolder } from '../rack/board-folder.js';
import { findRack } from '../rack/find-rack.js';
import type { Health } from '../rack/health.js';
import { readHealth } from '../rack/health-file.js';
import type { PowerControl } from '../rack/power-schema.js';
import { clockOf, type RackBoard } from '../rack/rack-file.js';
import { plainTable } from '../sinks/plain-table.js';
import { healthText } from './health-text.js';

/** Prints the boards of a rack, and which of them this machine leaves alone. */
export async function listBoards(flags: { readonly rack?: string; readonly json?: boolean }): Promise<void> {
  const rack = await findRack(flags.rack);
  const boards = await Promise.all(rack.boards.map(async (board) => describe(board, await healthOf(board))));
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ rack: rack.path, boards })}\n`);
  else process.stdout.write(`${format(boards)}\nrack: ${rack.path}\n`);
}

/** Undefined: its own machine keeps it. */
async function healthOf(board: RackBoard): Promise<Health | undefined> {
  return board.rack_host === undefined ? readHealth(boardFolder(board, readEnvironment())) : undefined;
}

function describe(board: RackBoard, health: Health | undefined) {
  const { id, mac, link, labels, rack_host: host, card, card_mode: cardMode, power } = board;
  return {
    id,
    mac,
    link,
    clock: clockOf(board),
    where: whereIs(board),
    labels,
    ...(host === undefined ? {} : { host }),
    ...(board.chip_revision === undefined ? {} : { chipRevision: board.chip_revision }),
    ...(card === undefined ? {} : { card }),
    ...(cardMode === undefined ? {} : { cardMode }),
    ...(power === undefined ? {} : { power: powerOf(power) }),
    ...(health === undefined ? {} : { health: { state: health.state, quarantine: health.quarantine } }),
  };
}

function whereIs(board: RackBoard): string {
  if (board.link === 'usb') return board.port;
  if (board.link === 'rfc2217') return `${board.host}:${board.port}`;
  return 'in the process';
}

function powerOf(power: PowerControl): string {
  return power.kind === 'uhubctl' ? `hub ${power.hub} port ${power.port}` : power.kind;
}

function revisionOf(revision: number | undefined): string | undefined {
  return revision === undefined ? undefined : `v${Math.floor(revision / 100)}.${revision % 100}`;
}

type Described = ReturnType<typeof describe>;

/** In this order; one that no board has anything in is left out. */
const COLUMNS: readonly (readonly [head: string, cell: (board: Described) => string | undefined])[] = [
  ['board', ({ id }) => id],
  ['MAC', ({ mac }) => mac],
  ['host', ({ host }) => host],
  ['link', ({ link }) => link],
  ['clock', ({ clock }) => clock],
  ['where', ({ where, link }) => (link === 'virtual' ? undefined : where)],
  ['chip', ({ chipRevision }) => revisionOf(chipRevision)],
  ['card', ({ card, cardMode }) => [card, cardMode].filter((text) => text !== undefined).join(', ')],
  ['power', ({ power }) => power],
  ['labels', ({ labels }) => labels.join(', ')],
  ['health', ({ health }) => (health === undefined ? undefined : healthText(health))],
];

function format(boards: readonly Described[]): string {
  const shown = COLUMNS.filter(([, cell]) => boards.some((board) => (cell(board) ?? '') !== ''));
  return plainTable(
    shown.map(([head]) => ({ head })),
    boards.map((board) => shown.map(([, cell]) => cell(board) ?? '')),
  );
}
