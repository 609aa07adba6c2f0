import type { ScenarioSpec } from '../bench/scenario-spec.js';
import { ConfigError } from '../errors.js';
import { labelsOf, type Rack, type RackBoard, selectBoards } from '../rack/rack-file.js';

/** A machine of the rack, and those of its boards that a run may use. */
export interface MachineChoice {
  /** Id of the host; undefined: this machine. */
  readonly host: string | undefined;
  /** Of them the run needs `count`. */
  readonly boards: readonly RackBoard[];
}

/**
 * The machine that a run takes place on: that of the boards named, else the first of the rack, in the order of its boards, with enough of them
 * that carry the scenario's labels.
 * @throws ConfigError `unknown-board`, `no-board`, `several-machines`
 */
export function chooseMachine(
  rack: Rack,
  wanted: ScenarioSpec['boards'],
  named: readonly string[],
): MachineChoice {
  const fitting =
    named.length > 0
      ? selectBoards(rack, named)
      : rack.boards.filter((board) => wanted.labels.every((label) => labelsOf(board).includes(label)));
  const machines = byMachine(fitting);
  const needed = named.length > 0 ? named.length : wanted.count;
  const [host, boards] = machines.find(([, own]) => own.length >= needed) ?? [];
  if (boards !== undefined) return { host, boards };
  if (fitting.length >= needed) throw severalMachines(machines, needed);
  const labels = wanted.labels.length > 0 ? ` with the labels ${wanted.labels.join(', ')}` : '';
  const message = `the scenario needs ${needed} board(s)${labels}; ${rack.path} has ${fitting.length}`;
  throw new ConfigError('no-board', message, { rack: rack.path });
}

type Machines = readonly (readonly [string | undefined, readonly RackBoard[]])[];

function byMachine(boards: readonly RackBoard[]): Machines {
  const hosts = [...new Set(boards.map((board) => board.rack_host))];
  return hosts.map((host) => [host, boards.filter((board) => board.rack_host === host)] as const);
}

function severalMachines(machines: Machines, needed: number): ConfigError {
  const shares = machines.map(
    ([host, boards]) => `${boards.map(({ id }) => id).join(', ')} on ${host ?? 'this machine'}`,
  );
  const message = `a run takes place on one machine, and none has the ${needed} boards that are asked for: ${shares.join('; ')}`;
  return new ConfigError('several-machines', message);
}
