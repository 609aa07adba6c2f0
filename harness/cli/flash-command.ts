import { Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from './arguments.js';
import type { FlashFlags } from './flash.js';

export function flashCommand(): Command {
  return new Command('flash')
    .description('flash a build onto one board, verify it, and reset into it')
    .argument(
      '<build>',
      'ESP-IDF build folder, an image file, or "virtual" for the firmware built for virtual boards',
    )
    .requiredOption('--board <id>', 'board of the rack')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option(
      '--offset <place>',
      'where an image file goes (default: 0x10000 for an app, 0 for a merged image)',
      place,
    )
    .option('--app-only', "leave a build's bootloader and partition table as they are on the board")
    .option('--erase', 'erase the whole flash chip first')
    .option(
      '--baud <rate>',
      'rate to write at; lower ones are tried when it fails',
      wholeNumber(9600, 5_000_000),
      921_600,
    )
    .option('--no-stub', "by the chip's own loader, without Espressif's flasher stub (slower)")
    .option('--no-compress', 'send it as it is, not deflated')
    .option('--json', 'print one JSON object on standard output')
    .option(
      '--wait <seconds>',
      'wait so long for a board that is busy (default: until Ctrl-C)',
      wholeNumber(0),
    )
    .action(async (build: string, flags: FlashFlags) => (await import('./flash.js')).flash(build, flags));
}

function place(text: string): number {
  const offset = Number(text);
  if (!/^(0x[0-9a-f]+|\d+)$/i.test(text) || !Number.isSafeInteger(offset)) {
    throw new InvalidArgumentError('an offset is a number like 0x10000.');
  }
  return offset;
}
