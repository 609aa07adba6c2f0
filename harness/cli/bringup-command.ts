import { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { BringupFlags } from './bringup.js';

export function bringupCommand(): Command {
  return new Command('bringup')
    .description('first contact with a board: check it, measure it, fit its own cost table')
    .argument('<board>', 'board of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--build <folder>', 'ESP-IDF build folder; a real board needs one')
    .option('--use', 'make the rack file name the fitted table (cost_table)')
    .option('--no-demo', 'do not run the demo scenario on the board and on its model')
    .option('--json', 'print one JSON object on standard output')
    .option(
      '--wait <seconds>',
      'wait so long for a board that is busy (default: until Ctrl-C)',
      wholeNumber(0),
    )
    .action(async (board: string, flags: BringupFlags) =>
      (await import('./bringup.js')).bringup(board, flags),
    );
}
