import { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { MonitorFlags } from './monitor.js';

export function monitorCommand(): Command {
  return new Command('monitor')
    .description('show what a board says; what is typed goes to it, line by line (Ctrl-C ends)')
    .requiredOption('--board <id>', 'board of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--baud <rate>', 'baud rate', wholeNumber(300, 5_000_000), 115_200)
    .option('--no-reset', 'do not reset the board first')
    .option(
      '--wait <seconds>',
      'wait so long for a board that is busy (default: until Ctrl-C)',
      wholeNumber(0),
    )
    .action(async (flags: MonitorFlags) => (await import('./monitor.js')).monitor(flags));
}
