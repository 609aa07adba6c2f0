import { Command } from 'commander';
import type { ListFlags, ReleaseFlags } from './lease.js';

export function leaseCommand(): Command {
  const rack = [
    '--rack <file>',
    'rack file (default: rack.yaml here, else the packaged virtual rack)',
  ] as const;
  const list = new Command('list')
    .description(
      'show who has the boards of this machine and of the rack’s hosts, until when, and who is in line',
    )
    .option('--rack <file>', 'only the boards of this rack file')
    .option('--json', 'print one JSON object on standard output')
    .action(async (flags: ListFlags) => (await import('./lease.js')).listLeasesEverywhere(flags));
  const release = new Command('release')
    .description('take back the lease of a board whose holder died, or is your own')
    .argument('<board>', 'board of the rack, or its MAC')
    .option(...rack)
    .option('--force', 'whoever holds it: the holder is told, and lets go of the board')
    .action(async (board: string, flags: ReleaseFlags) =>
      (await import('./lease.js')).releaseBoard(board, flags),
    );
  return new Command('lease').description('who holds which board').addCommand(list).addCommand(release);
}
