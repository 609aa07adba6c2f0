import { type BitSet, setOf } from './bit-set.js';
import { Fitting } from './fitting.js';
import type { JobGroup } from './match-state.js';
import { Matching } from './matching.js';
import { compareText, lengthOf, longestFirst } from './order.js';
import { placeTeams } from './teams.js';
import type { Assignment, RackedBoard, WaitingJob } from './waiting-job.js';

/**
 * Which waiting jobs the free boards take now. To be called again whenever a board becomes free or a job arrives: nothing is
 * planned ahead. As many boards as can be get work; among all such choices the longest jobs, then the fewest
 * reflashes. Jobs that want several boards come first (see `placeTeams`), so that the others do not take theirs one by one; the
 * rest is then the best there is beside them. The same whatever the order of the arguments, of which ids and MACs are unique.
 */
export function assign(jobs: readonly WaitingJob[], boards: readonly RackedBoard[]): Assignment[] {
  const rack = [...boards].sort((a, b) => compareText(a.mac, b.mac));
  const queue = [...jobs].sort(longestFirst);
  const fitting = new Fitting(rack);
  const matching = new Matching(rack.length, openBoards(rack));
  const given = new Map<JobGroup, WaitingJob[]>(
    placeTeams(
      queue.filter((job) => job.requires.count > 1),
      fitting,
      matching,
    ),
  );
  const singles = queue.filter((job) => job.requires.count === 1);
  for (let at = 0; at < singles.length && matching.freeBoards > 0; ) {
    const tier = sameLength(singles, at);
    const groups = groupAlike(tier, fitting);
    matching.add([...groups.keys()]);
    for (const [group, members] of groups) given.set(group, members);
    at += tier.length;
  }
  return assignments(matching, given, rack);
}

function openBoards(rack: readonly RackedBoard[]): BitSet {
  return setOf(rack.length, (index) => rack[index]!.busy !== true);
}

function sameLength(queue: readonly WaitingJob[], from: number): readonly WaitingJob[] {
  let end = from + 1;
  while (end < queue.length && lengthOf(queue[end]!) === lengthOf(queue[from]!)) end++;
  return queue.slice(from, end);
}

/** In order of their first jobs. */
function groupAlike(tier: readonly WaitingJob[], fitting: Fitting): Map<JobGroup, WaitingJob[]> {
  const byFits = new Map<BitSet, Map<string | undefined, WaitingJob[]>>();
  for (const job of tier) {
    const fits = fitting.of(job);
    const byBuild = byFits.get(fits) ?? new Map<string | undefined, WaitingJob[]>();
    byFits.set(fits, byBuild);
    const members = byBuild.get(job.build);
    if (members === undefined) byBuild.set(job.build, [job]);
    else members.push(job);
  }
  const groups = new Map<JobGroup, WaitingJob[]>();
  for (const [fits, byBuild] of byFits) {
    for (const [build, members] of byBuild)
      groups.set({ fits, home: fitting.withBuild(build), waiting: members.length }, members);
  }
  return groups;
}

/** Sorted by job. A team's only job has all boards of its group; others one each, by id and MAC. */
function assignments(
  matching: Matching,
  given: ReadonlyMap<JobGroup, readonly WaitingJob[]>,
  rack: readonly RackedBoard[],
): Assignment[] {
  const made: Assignment[] = [];
  for (const [group, boards] of matching.boardsByGroup()) {
    const macs = boards.map((board) => rack[board]!.mac);
    const members = given.get(group)!;
    const first = members[0]!;
    if (first.requires.count > 1) made.push({ job: first.id, boards: macs });
    else for (const [at, mac] of macs.entries()) made.push({ job: members[at]!.id, boards: [mac] });
  }
  return made.sort((a, b) => compareText(a.job, b.job));
}
