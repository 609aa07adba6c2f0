import { type BitSet, both, setOf, sizeOf, without } from './bit-set.js';
import type { Fitting } from './fitting.js';
import type { JobGroup } from './match-state.js';
import type { Matching } from './matching.js';
import type { WaitingJob } from './waiting-job.js';

/** A machine's boards, busy ones too, and how many free ones nobody was given or has kept. */
interface Machine {
  readonly boards: BitSet;
  readonly busy: BitSet;
  room: number;
}

/**
 * Places the jobs that want several boards, longest first, each on the machine where most boards fit it. Which boards of
 * it stays open to improvement by those that come later.
 *
 * The first one that cannot start but could if more boards of some machine became free has that machine's fitting free
 * boards kept for it, as long as it waits: of all machines the one where fewest are missing, so that this number
 * only falls from call to call, whatever else happens, until it starts. Then comes the next one's turn. So none waits
 * for ever behind jobs that want one board; busy boards must be among the boards given for this to work.
 */
export function placeTeams(
  teams: readonly WaitingJob[],
  fitting: Fitting,
  matching: Matching,
): Map<JobGroup, WaitingJob[]> {
  const machines = machinesOf(fitting);
  const placed = new Map<JobGroup, WaitingJob[]>();
  let keeping = false;
  for (const job of teams) {
    const group = place(job, machines, fitting, matching);
    if (group !== undefined) placed.set(group, [job]);
    else if (!keeping) keeping = keepBoards(job, machines, fitting, matching);
  }
  return placed;
}

function machinesOf({ boards }: Fitting): Machine[] {
  const names = [...new Set(boards.map(({ machine }) => machine))].sort();
  return names.map((name) => {
    const own = setOf(boards.length, (index) => boards[index]!.machine === name);
    const busy = setOf(boards.length, (index) => boards[index]!.machine === name && !!boards[index]!.busy);
    return { boards: own, busy, room: sizeOf(without(own, busy)) };
  });
}

function place(
  job: WaitingJob,
  machines: readonly Machine[],
  fitting: Fitting,
  matching: Matching,
): JobGroup | undefined {
  const { count } = job.requires;
  const home = fitting.withBuild(job.build);
  const candidates = machines
    .filter(({ room }) => room >= count)
    .map((machine) => ({ machine, fits: both(fitting.of(job), without(machine.boards, machine.busy)) }))
    .filter(({ fits }) => sizeOf(fits) >= count)
    .sort((a, b) => sizeOf(b.fits) - sizeOf(a.fits));
  for (const { machine, fits } of candidates) {
    const group = { fits, home, waiting: count };
    if (!matching.addWhole(group)) continue;
    machine.room -= count;
    return group;
  }
  return undefined;
}

/** False when the job cannot run on any machine as they are. */
function keepBoards(
  job: WaitingJob,
  machines: readonly Machine[],
  fitting: Fitting,
  matching: Matching,
): boolean {
  const fits = fitting.of(job);
  const unused = matching.unused();
  const hopeful = machines
    .map((machine) => ({ machine, fits: both(fits, machine.boards) }))
    .filter((candidate) => sizeOf(candidate.fits) >= job.requires.count)
    .map((candidate) => ({ ...candidate, open: both(candidate.fits, unused) }))
    .sort((a, b) => sizeOf(b.open) - sizeOf(a.open));
  const [best] = hopeful;
  if (best === undefined) return false;
  best.machine.room -= sizeOf(best.open);
  matching.close(best.open);
  return true;
}
