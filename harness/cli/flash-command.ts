import { Command } from 'commander';
import type { FlashFlags } from './flash.js';

export function flashCommand(): Command {
  return new Command('flash')
    .description('flash a build onto one board, verify it, and reset into it')
    .argument('<build>', 'ESP-IDF build folder, or "virtual" for the firmware built for virtual boards')
    .requiredOption('--board <id>', 'board of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--json', 'print one JSON object on standard output')
    .action(async (build: string, flags: FlashFlags) => (await import('./flash.js')).flash(build, flags));
}
