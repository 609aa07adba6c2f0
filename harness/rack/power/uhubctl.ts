import { InfraError } from '../../errors.js';
import type { PowerControl } from '../power-schema.js';
import type { PowerSwitch, SwitchOptions } from './power-switch.js';
import { quoted, runProgram } from './run-program.js';

type Hub = Pick<Extract<PowerControl, { kind: 'uhubctl' }>, 'hub' | 'port'>;
type State = 'on' | 'off';

/** One port of a hub that switches its ports by itself, by https://github.com/mvp/uhubctl; its other ports are left alone. */
export function uhubctlSwitch(board: string, { hub, port }: Hub): PowerSwitch {
  const turn = async (state: State, options?: SwitchOptions): Promise<void> => {
    const words = ['uhubctl', '-l', hub, '-p', String(port), '-a', state];
    const { exitCode, stdout, stderr } = await runProgram(board, words, options);
    const details = { board, hub, port };
    if (exitCode !== 0) {
      const message = `${board}: ${words.join(' ')} ended with ${exitCode}${quoted(`${stderr} ${stdout}`)}${adviceFor(stdout + stderr)}`;
      throw new InfraError('power-failed', message, details);
    }
    const wrong = misfit(stdout, { hub, port }, state);
    if (wrong === undefined) return;
    throw new InfraError(
      'power-failed',
      `${board}: uhubctl switched hub ${hub} port ${port} ${state}, ${wrong}`,
      details,
    );
  };
  return {
    what: `hub ${hub} port ${port}`,
    kind: 'port',
    on: (options) => turn('on', options),
    off: (options) => turn('off', options),
  };
}

export interface PortState {
  readonly hub: string;
  readonly port: number;
  readonly on: boolean;
}

/** The states of ports that uhubctl reports after it has acted; before that come those it found. */
export function reportedPorts(output: string): PortState[] {
  const states: PortState[] = [];
  let hub: string | undefined;
  for (const line of output.split('\n')) {
    const head = /^(Current|New) status for hub (\S+)/.exec(line);
    if (head !== null) hub = head[1] === 'New' ? head[2] : undefined;
    const port = /^ +Port (\d+): [0-9a-f]{4}([^[]*)/.exec(line);
    if (hub === undefined || port === null) continue;
    states.push({ hub, port: Number(port[1]), on: /\bpower\b/.test(port[2]!) });
  }
  return states;
}

/**
 * What is wrong with the report, undefined when nothing is. A USB 3 hub is two hubs to the system, and uhubctl switches both.
 * Versions before 2.0 take `-p 12` for ports 1 and 2: another board's power would go.
 */
function misfit(output: string, { hub, port }: Hub, state: State): string | undefined {
  const states = reportedPorts(output);
  if (!states.some((one) => one.hub === hub && one.port === port))
    return `but reports no state of it${quoted(output)}`;
  const others = states.filter((one) => one.port !== port).map((one) => one.port);
  if (others.length > 0) return `but ports ${others.join(', ')} too: install uhubctl 2.0 or later`;
  const contrary = states.find((one) => one.on !== (state === 'on'));
  if (contrary === undefined) return undefined;
  return `but it reports port ${contrary.port} of hub ${contrary.hub} ${contrary.on ? 'on' : 'off'} afterwards: the hub may not switch its ports`;
}

function adviceFor(said: string): string {
  if (/permission/i.test(said)) return '; let this user open the hub (udev/rules.d/52-usb.rules of uhubctl)';
  if (/no compatible devices/i.test(said)) return '; `uhubctl` alone lists the hubs that it can switch';
  return '';
}
