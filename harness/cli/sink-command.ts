import { Command } from 'commander';
import { wholeNumber } from './arguments.js';

const JSON_OPTION = ['--json', 'print one JSON object on standard output'] as const;

export function sinkCommand(): Command {
  const sink = new Command('sink').description('metrics on their way to InfluxDB');
  sink
    .command('status')
    .description('is the server there, what waits for it, what did it refuse')
    .option(...JSON_OPTION)
    .action(async (flags) => (await import('./sink.js')).status(flags));
  sink
    .command('flush')
    .description('send what waits')
    .option(
      '--timeout <seconds>',
      'give up after so long (default: 60, and at once where nobody is at the address of the server; given, a server that restarts is waited for)',
      wholeNumber(1),
    )
    .option(...JSON_OPTION)
    .action(async (flags) => (await import('./sink.js')).flushSpool(flags));
  sink
    .command('quarantine')
    .description('points that the server refused: list them all, or show some whole')
    .argument('[id...]', 'which; all without')
    .option('--retry', 'send them again')
    .option('--drop', 'remove them for ever')
    .option('--timeout <seconds>', 'of --retry: give up after so long (default: as flush)', wholeNumber(1))
    .option(...JSON_OPTION)
    .action(async (ids: string[], flags) => (await import('./sink-quarantine.js')).quarantine(ids, flags));
  return sink;
}
