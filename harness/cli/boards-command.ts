import Table from 'cli-table3';
import { Command } from 'commander';
import { findRack } from '../rack/find-rack.js';
import type { RackBoard } from '../rack/rack-file.js';

export function boardsCommand(): Command {
  return new Command('boards')
    .description('list the boards of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--json', 'print one JSON object on standard output')
    .action(async (flags: { rack?: string; json?: boolean }) => {
      const rack = await findRack(flags.rack);
      const boards = rack.boards.map(describe);
      if (flags.json === true) process.stdout.write(`${JSON.stringify({ rack: rack.path, boards })}\n`);
      else process.stdout.write(`${format(boards)}\nrack: ${rack.path}\n`);
    });
}

function describe(board: RackBoard) {
  const { id, mac, link, labels } = board;
  const clock = link === 'virtual' ? 'modelled' : 'hardware';
  const where =
    board.link === 'usb' ? board.port : `revision ${board.chip_revision}, card ${board.card_mode}`;
  return { id, mac, link, clock, where, labels };
}

function format(boards: readonly ReturnType<typeof describe>[]): string {
  const table = new Table({
    head: ['board', 'MAC', 'link', 'clock', 'where', 'labels'],
    style: { head: [], border: [], compact: true },
  });
  for (const { id, mac, link, clock, where, labels } of boards)
    table.push([id, mac, link, clock, where, labels.join(', ')]);
  return table.toString();
}
