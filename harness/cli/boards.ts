import { findRack } from '../rack/find-rack.js';
import { clockOf, type RackBoard } from '../rack/rack-file.js';
import { plainTable } from '../sinks/plain-table.js';

/** Prints the boards of a rack. */
export async function listBoards(flags: { readonly rack?: string; readonly json?: boolean }): Promise<void> {
  const rack = await findRack(flags.rack);
  const boards = rack.boards.map(describe);
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ rack: rack.path, boards })}\n`);
  else process.stdout.write(`${format(boards)}\nrack: ${rack.path}\n`);
}

function describe(board: RackBoard) {
  const { id, mac, link, labels } = board;
  return { id, mac, link, clock: clockOf(board), where: whereIs(board), labels };
}

function whereIs(board: RackBoard): string {
  if (board.link === 'usb') return board.port;
  if (board.link === 'rfc2217') return `${board.host}:${board.port}`;
  return `revision ${board.chip_revision}, card ${board.card_mode}`;
}

function format(boards: readonly ReturnType<typeof describe>[]): string {
  const heads = ['board', 'MAC', 'link', 'clock', 'where', 'labels'].map((head) => ({ head }));
  const rows = boards.map(({ id, mac, link, clock, where, labels }) => [
    id,
    mac,
    link,
    clock,
    where,
    labels.join(', '),
  ]);
  return plainTable(heads, rows);
}
