import { Command } from 'commander';
import { collect, wholeNumber } from './arguments.js';
import type { ScanFlags } from './rack.js';
import { checkCommands } from './rack-check-command.js';

export function rackCommand(): Command {
  const rack = new Command('rack').description('find, describe and check the boards of the rack');
  rack
    .command('schema')
    .description('print the JSON Schema of rack.yaml, for editors')
    .action(async () => (await import('./rack.js')).printSchema());
  rack
    .command('scan')
    .description('find boards by their MAC at the serial ports, and enter them in rack.yaml')
    .option('--rack <file>', 'rack file to compare with and to write (default: rack.yaml here)')
    .option('--port <path>', 'look there too, such as rfc2217://HOST:PORT (may be repeated)', collect)
    .option('--timeout <seconds>', 'how long each port may take', wholeNumber(1, 600), 20)
    .option('--write', 'write the rack file; without it, only show what would change')
    .option('--json', 'print one JSON object on standard output')
    .action(async (flags: ScanFlags) => (await import('./rack.js')).scan(flags));
  for (const command of checkCommands()) rack.addCommand(command);
  return rack;
}
