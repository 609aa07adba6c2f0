import type { VirtualBoard } from '../../virtual/virtual-board.js';
import type { RackBoard } from '../rack-file.js';
import { commandSwitch } from './command-switch.js';
import { httpSwitch } from './http-switch.js';
import { uhubctlSwitch } from './uhubctl.js';

export interface SwitchOptions {
  /** Default 15,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * What switches one board's supply. Both reject with an InfraError: `power-failed` with what the device said, `power-timeout`, or
 * the signal's own reason. That a supply was told to drop does not mean that it did: see `check --power`.
 */
export interface PowerSwitch {
  /** In words: `hub 1-1.4 port 2`. */
  readonly what: string;
  /** On the ladder: a hub's port or a virtual supply comes before a hook of the user's. */
  readonly kind: 'port' | 'hook';
  on(options?: SwitchOptions): Promise<void>;
  off(options?: SwitchOptions): Promise<void>;
}

/** The supply of a virtual board that has power in this process. */
export type Supply = Pick<VirtualBoard, 'cutPower' | 'restorePower'>;

/**
 * How the board's power is switched; undefined: it cannot be. What the rack file says goes before a virtual board's own `supply`.
 */
export function powerSwitchOf({ id, power }: RackBoard, supply?: Supply): PowerSwitch | undefined {
  if (power === undefined) return supply === undefined ? undefined : virtualSwitch(supply);
  if (power.kind === 'uhubctl') return uhubctlSwitch(id, power);
  return power.kind === 'http' ? httpSwitch(id, power) : commandSwitch(id, power);
}

function virtualSwitch(supply: Supply): PowerSwitch {
  return {
    what: 'its virtual supply',
    kind: 'port',
    on: async () => supply.restorePower(),
    off: async () => supply.cutPower(),
  };
}
