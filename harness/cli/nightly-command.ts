import { Command, Option } from 'commander';
import { collect, wholeNumber } from './arguments.js';
import type { NightlyFlags } from './nightly.js';

export function nightlyCommand(): Command {
  return new Command('nightly')
    .description(
      'run scenarios over the whole rack, every one on every board that fits; with none, all of scenarios/',
    )
    .argument('[scenario...]', 'scenario files')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--board <id>', 'only this board; may be given several times', collect)
    .option('--once', 'every scenario on any one board that fits, instead of on each')
    .option(
      '--queue <url>',
      'send the jobs to workers through Redis, such as redis://lab-1:6379; a password is not kept: --resume takes it from here again, or from TOKENRACK_QUEUE',
    )
    .option('--resume <folder>', 'go on with a night that was interrupted or killed, by its folder')
    .option(
      '--retries <n>',
      'further tries after an infra-fail, elsewhere where that can be (default: 1)',
      wholeNumber(0),
    )
    .option('--until <time>', 'start nothing any more from then on: 06:00, or a date and time')
    .option('--budget <duration>', 'start nothing any more after so long: 6h, 90m, 600s')
    .option(
      '--sink <name>',
      'where metrics go: influx, none; may be given several times (default: influx when it is configured)',
      collect,
    )
    .option('--suite <name>', 'label of the runs: the series they belong to (default: nightly)')
    .option('--channel <name>', 'label of the runs: where the build comes from (default: dev)')
    .option('--arm <name>', 'label of the runs: candidate or reference (default: candidate)')
    .addOption(
      new Option('--annotate <system>', 'print what failed as a CI system reads it').choices(['github']),
    )
    .option(
      '--json',
      'print one JSON object on standard output, and nothing else there: summary.json, or {verdict, runs, failures} when no night began',
    )
    .action(async (files: string[], flags: NightlyFlags) =>
      (await import('./nightly.js')).nightly(files, flags),
    );
}
