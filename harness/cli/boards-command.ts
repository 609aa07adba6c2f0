import { Command } from 'commander';

export function boardsCommand(): Command {
  return new Command('boards')
    .description('list the boards of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--json', 'print one JSON object on standard output')
    .action(async (flags: { rack?: string; json?: boolean }) =>
      (await import('./boards.js')).listBoards(flags),
    );
}
