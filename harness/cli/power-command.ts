import { Argument, Command } from 'commander';
import { wholeNumber } from './arguments.js';

export function powerCommand(): Command {
  return new Command('power')
    .description('switch a board’s power')
    .addArgument(new Argument('<state>', 'what to do').choices(['on', 'off', 'cycle']))
    .requiredOption('--board <id>', 'board of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option(
      '--wait <seconds>',
      'wait so long for a board that is busy (default: until Ctrl-C)',
      wholeNumber(0),
    )
    .action(async (state: 'on' | 'off' | 'cycle', flags: { board: string; rack?: string; wait?: number }) =>
      (await import('./power.js')).switchPower(state, flags),
    );
}
