import { Command } from 'commander';
import { wholeNumber } from './arguments.js';

export function resetCommand(): Command {
  return new Command('reset')
    .description('reset a board by its reset line, and wait until its app says that it has started')
    .requiredOption('--board <id>', 'board of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option(
      '--wait <seconds>',
      'wait so long for a board that is busy (default: until Ctrl-C)',
      wholeNumber(0),
    )
    .action(async (flags: { board: string; rack?: string; wait?: number }) =>
      (await import('./reset.js')).resetBoard(flags),
    );
}
