import { Command } from 'commander';

export function resetCommand(): Command {
  return new Command('reset')
    .description('reset a board by its reset line, and wait until its app says that it has started')
    .requiredOption('--board <id>', 'board of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .action(async (flags: { board: string; rack?: string }) =>
      (await import('./reset.js')).resetBoard(flags),
    );
}
