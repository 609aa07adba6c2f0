import { type RandomBits, randomBits } from '../../../model/random-bits.js';

export type Transport = 'ssh' | 'queue';
export type AccidentKind = 'worker' | 'connection' | 'host' | 'redis' | 'controller';

/** What can happen where. */
const KINDS: Readonly<Record<Transport, readonly AccidentKind[]>> = {
  ssh: ['host', 'controller', 'connection', 'worker'],
  queue: ['redis', 'worker', 'controller', 'host', 'connection'],
};

/** What can be frozen, and is gone on with, instead of being killed. */
const FREEZABLE: readonly AccidentKind[] = ['worker', 'connection', 'redis'];

export interface Accident {
  readonly kind: AccidentKind;
  /** It happens when jobs were started so often on the machines, and so much later. */
  readonly starts: number;
  readonly delayMs: number;
  /** Which of the machines, when it is one of them: 0 and up. */
  readonly machine: number;
  readonly how: 'killed' | 'frozen';
  /** A worker's process is killed without those that it started. */
  readonly alone: boolean;
  /** Until it is there again; a host without stays away. */
  readonly backMs?: number;
}

/** All that is decided before a trial. The same for the same seed. */
export interface TrialPlan {
  readonly seed: number;
  readonly transport: Transport;
  readonly jobs: number;
  /** Boards of each machine. */
  readonly boards: readonly number[];
  /** In the order in which they happen. */
  readonly accidents: readonly Accident[];
}

export const MACHINES = 3;

/** Seeds take both transports in turn, and over each all kinds of accidents in turn; half of them have a second one, of any kind. */
export function planTrial(seed: number): TrialPlan {
  const random = randomBits(seed);
  const transport = seed % 2 === 1 ? 'ssh' : 'queue';
  const kinds = KINDS[transport];
  const turn = Math.floor((seed - 1) / 2);
  const jobs = 6 + (random() % 3);
  const boards = Array.from({ length: MACHINES }, () => 1 + (random() % 2));
  const chosen = [kinds[turn % kinds.length]!];
  if (random() % 2 === 0) chosen.push(kinds[random() % kinds.length]!);
  const accidents = chosen
    .map((kind) => accident(kind, jobs, random))
    .sort((a, b) => a.starts - b.starts || a.delayMs - b.delayMs);
  return { seed, transport, jobs, boards, accidents: oneStaysAway(accidents) };
}

function accident(kind: AccidentKind, jobs: number, random: RandomBits): Accident {
  const frozen = FREEZABLE.includes(kind) && random() % 3 === 0;
  const staysAway = random() % 2 === 0;
  const backMs = frozen ? 1000 + (random() % 5000) : 200 + (random() % 2800);
  return {
    kind,
    starts: random() % (jobs - 1),
    delayMs: random() % 1500,
    machine: random() % MACHINES,
    how: frozen ? 'frozen' : 'killed',
    alone: random() % 2 === 0,
    ...(kind === 'host' && staysAway ? {} : { backMs }),
  };
}

/** Of two hosts that stay away, the second comes back: somebody has to do the work. */
function oneStaysAway(accidents: readonly Accident[]): Accident[] {
  let away = false;
  return accidents.map((one) => {
    const stays = one.backMs === undefined;
    const mended = stays && away ? { ...one, backMs: 1000 } : one;
    away ||= stays;
    return mended;
  });
}

export function describeAccident({ kind, how, starts, delayMs, machine, alone, backMs }: Accident): string {
  const whose = kind === 'controller' || kind === 'redis' ? '' : ` of lab-${machine + 1}`;
  const back = backMs === undefined ? 'for ever' : `for ${backMs} ms`;
  const company = kind === 'worker' && how === 'killed' && alone ? ' alone' : '';
  return `${kind}${whose} ${how}${company} ${back}, ${delayMs} ms after start ${starts}`;
}
