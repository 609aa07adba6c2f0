import { Argument, Command } from 'commander';

export function powerCommand(): Command {
  return new Command('power')
    .description('switch a board’s power')
    .addArgument(new Argument('<state>', 'what to do').choices(['on', 'off', 'cycle']))
    .requiredOption('--board <id>', 'board of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .action(async (state: 'on' | 'off' | 'cycle', flags: { board: string; rack?: string }) =>
      (await import('./power.js')).switchPower(state, flags),
    );
}
