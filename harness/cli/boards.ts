import { findRack } from '../rack/find-rack.js';
import type { RackBoard } from '../rack/rack-file.js';
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
  const clock = link === 'virtual' ? 'modelled' : 'hardware';
  const where =
    board.link === 'usb' ? board.port : `revision ${board.chip_revision}, card ${board.card_mode}`;
  return { id, mac, link, clock, where, labels };
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
