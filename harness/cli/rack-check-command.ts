import { Command } from 'commander';
import { wholeNumber } from './arguments.js';
import type { CheckFlags } from './rack-check.js';

/** `tokenrack rack check` and `rack release`, for the `rack` command. */
export function checkCommands(): Command[] {
  const rack = [
    '--rack <file>',
    'rack file (default: rack.yaml here, else the packaged virtual rack)',
  ] as const;
  const check = new Command('check')
    .description('health probe of boards, in parallel: identity, boot, card, PSRAM, wire, power')
    .argument('[boards...]', 'boards of the rack (default: all of them on this machine)')
    .option(...rack)
    .option('--power', 'take each board’s power away, and see that it really goes')
    .option(
      '--flash [build]',
      'flash this bench build first (default: the virtual build, for virtual boards)',
    )
    .option('--release', 'put a board that passes back from quarantine at once')
    .option(
      '--wait <seconds>',
      'wait so long for a board that is busy (default: until Ctrl-C)',
      wholeNumber(0),
    )
    .option('--json', 'print one JSON object on standard output, and nothing else there')
    .action(async (boards: string[], flags: CheckFlags) =>
      (await import('./rack-check.js')).checkBoards(boards, flags),
    );
  const release = new Command('release')
    .description('put boards back from quarantine without a check')
    .argument('<boards...>', 'boards of the rack')
    .option(...rack)
    .option('--json', 'print one JSON object on standard output')
    .action(async (boards: string[], flags: { rack?: string; json?: boolean }) =>
      (await import('./rack-check.js')).releaseBoards(boards, flags),
    );
  return [check, release];
}
