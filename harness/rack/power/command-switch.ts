import { InfraError } from '../../errors.js';
import type { PowerControl } from '../power-schema.js';
import type { PowerSwitch, SwitchOptions } from './power-switch.js';
import { quoted, runProgram } from './run-program.js';

/** A program of the user's, such as a PDU's own or an `ssh` to it. Exit code 0 is taken for done. */
export function commandSwitch(
  board: string,
  { on, off }: Extract<PowerControl, { kind: 'command' }>,
): PowerSwitch {
  const run = async (words: readonly string[], options?: SwitchOptions): Promise<void> => {
    const { exitCode, stdout, stderr } = await runProgram(board, words, options);
    if (exitCode === 0) return;
    const end = exitCode === null ? 'was killed' : `ended with ${exitCode}`;
    const message = `${board}: ${words.join(' ')} ${end}${quoted(stderr || stdout)}`;
    throw new InfraError('power-failed', message, { board, command: words, exitCode });
  };
  return {
    what: `the command ${on[0]}`,
    kind: 'hook',
    on: (options) => run(on, options),
    off: (options) => run(off, options),
  };
}
