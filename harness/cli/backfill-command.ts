import { Command } from 'commander';
import { wholeNumber } from './arguments.js';

export function backfillCommand(): Command {
  return new Command('backfill')
    .description(
      'send the metrics of old runs again, from their folders; what is there already stays as it is',
    )
    .argument('[run...]', 'run folders, or their names among the runs')
    .option('--since <date>', 'all runs since then, such as 2026-11-01')
    .option('--all', 'all runs')
    .option('--unfinished', 'also runs that have no result.json: under way, or killed')
    .option(
      '--timeout <seconds>',
      'give up sending after so long (default: 600, and at once where nobody is at the address of the server; given, a server that restarts is waited for)',
      wholeNumber(1),
    )
    .option('--json', 'print one JSON object on standard output')
    .action(async (runs: string[], flags) => (await import('./backfill.js')).backfill(runs, flags));
}
