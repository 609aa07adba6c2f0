import { InfraError } from '../../errors.js';
import type { PowerControl } from '../power-schema.js';
import type { PowerSwitch, SwitchOptions } from './power-switch.js';
import { quoted, runProgram } from './run-program.js';

/**
 * A program of the user's, such as a PDU's own or an `ssh` to it. Exit code 0 is taken for done. Its arguments may hold secrets: they
 * are in no message.
 */
export function commandSwitch(
  board: string,
  { on, off }: Extract<PowerControl, { kind: 'command' }>,
): PowerSwitch {
  const run = async (words: readonly string[], options?: SwitchOptions): Promise<void> => {
    const { exitCode, stdout, stderr } = await runProgram(board, words, options);
    if (exitCode === 0) return;
    const end = exitCode === null ? 'was killed' : `ended with ${exitCode}`;
    const [program] = words;
    const message = `${board}: ${program} ${end}${quoted(stderr || stdout)}`;
    throw new InfraError('power-failed', message, { board, program, exitCode });
  };
  return {
    what: `the command ${on[0]}`,
    kind: 'hook',
    on: (options) => run(on, options),
    off: (options) => run(off, options),
  };
}
