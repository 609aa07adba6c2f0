import { ConfigError } from '../../errors.js';

/**
 * One command line of which a POSIX shell makes these very arguments again. SSH has no other way to hand arguments over: the
 * far login shell reads a text.
 * @throws ConfigError `bad-argument` for a NUL, which no argument can hold
 */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quote).join(' ');
}

function quote(argument: string): string {
  if (argument.includes('\0')) {
    throw new ConfigError('bad-argument', `${JSON.stringify(argument)} cannot be an argument: it has a NUL`);
  }
  return /^[A-Za-z0-9_/.,:@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;
}
