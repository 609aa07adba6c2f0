import { Command, InvalidArgumentError, Option } from 'commander';
import { type CardFault, parseCardFault } from '../virtual/card-faults.js';
import { wholeNumber } from './arguments.js';
import type { VirtualFlags } from './virtual.js';

export function virtualCommand(): Command {
  return new Command('virtual')
    .description('serve a virtual board to other programs, as a serial port (Ctrl-C ends)')
    .option('--rfc2217 <port>', 'serve it as an RFC 2217 server at this TCP port (0: any)', tcpPort)
    .option('--pty [path]', 'serve it as a pty (needs socat; a pty has no DTR and RTS)')
    .option('--board <id>', 'virtual board of the rack (default: the first)')
    .option('--mac <mac>', 'instead of a board of the rack: one with this MAC')
    .option('--rack <file>', 'rack file (default: rack.yaml here, else the packaged virtual rack)')
    .option('--card <folder>', 'folder that the board has as its SD card (default: no card)')
    .option(
      '--card-fault <path:offset>',
      'a sector of the card that cannot be read: a file on it and a byte of the file (may be repeated)',
      cardFault,
    )
    .option(
      '--bind <address>',
      'address to listen at; anyone who reaches it can flash the board',
      '127.0.0.1',
    )
    .addOption(new Option('--pace <pace>', "follow the wall clock, or don't").choices(['real', 'virtual']))
    .option('--loader', 'start the board in its ROM loader')
    .option('--json', 'print one JSON object on standard output')
    .option(
      '--wait <seconds>',
      'wait so long for a board that is busy (default: until Ctrl-C)',
      wholeNumber(0),
    )
    .action(async (flags: VirtualFlags) => (await import('./virtual.js')).serveVirtual(flags));
}

function tcpPort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new InvalidArgumentError('a TCP port is a number from 0 to 65535.');
  return port;
}

function cardFault(text: string, before: readonly CardFault[] = []): readonly CardFault[] {
  const fault = parseCardFault(text);
  if (fault === undefined)
    throw new InvalidArgumentError('a fault is PATH:OFFSET, such as tinyllm_weights/norm1.bin:0.');
  return [...before, fault];
}
