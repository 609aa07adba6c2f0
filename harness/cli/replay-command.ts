import { Command } from 'commander';

export function replayCommand(): Command {
  return new Command('replay')
    .description('parse and judge a run folder again, without a board')
    .argument('<run>', 'run folder')
    .option('--json', 'print one JSON object on standard output')
    .action(async (path: string, flags: { json?: boolean }) =>
      (await import('./replay.js')).replay(path, flags),
    );
}
