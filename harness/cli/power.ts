import { readEnvironment } from '../config/environment.js';
import { ConfigError } from '../errors.js';
import { findRack } from '../rack/find-rack.js';
import { powerCycle } from '../rack/power/power-cycle.js';
import { powerSwitchOf } from '../rack/power/power-switch.js';
import { selectBoards } from '../rack/rack-file.js';
import { ownCard, startVirtualBoard } from '../rack/start-virtual-board.js';
import { leaseForCommand } from './lease-for-command.js';
import { type ConsoleFlags, withConsole } from './with-console.js';

/**
 * Switches a board's power as the rack file says. A virtual board for which it says nothing has power only while a command uses
 * it, so that `off` finds it off already; `on` and `cycle` show that it starts.
 * @throws ConfigError `no-power-control` for a real board that nothing switches; as `PowerSwitch`
 */
export async function switchPower(state: 'on' | 'off' | 'cycle', flags: ConsoleFlags): Promise<void> {
  const [board] = selectBoards(await findRack(flags.rack), [flags.board]);
  if (board === undefined) return;
  const power = powerSwitchOf(board);
  if (power !== undefined) {
    await using lease = await leaseForCommand(board, `power ${state}`, flags);
    const options = { signal: lease.signal };
    await (state === 'cycle' ? powerCycle(power, options) : power[state](options));
    process.stdout.write(`${board.id}: ${state === 'cycle' ? 'off and on' : state}, by ${power.what}\n`);
    return;
  }
  if (board.link !== 'virtual') {
    const message = `${board.id}: no power control is configured for a board on a ${board.link} link: add \`power\` to its entry in the rack file, pull its plug, or use tokenrack reset`;
    throw new ConfigError('no-power-control', message, { board: board.id });
  }
  if (state === 'off') {
    const { stateFolder } = readEnvironment();
    await using lease = await leaseForCommand(board, 'power off', flags);
    await using _on = await startVirtualBoard(board, { stateFolder, lease: lease.held, cardRoot: ownCard });
    process.stdout.write(`${board.id}: off\n`);
    return;
  }
  await withConsole(`power ${state}`, flags, async ({ build }) => {
    process.stdout.write(`${board.id}: power came on, build ${build} started; off again with this command\n`);
  });
}
