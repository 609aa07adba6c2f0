import type { Job, JobOutcome } from '../farm/jobs/job.js';
import { labelsOf } from '../rack/rack-file.js';
import { combineVerdicts } from '../results/verdict.js';
import type { JobState } from './fold-ledger.js';
import type { NightBoard } from './night-boards.js';

type OutcomeFailure = JobOutcome['failures'][number];

/**
 * What a job came to that no board is left for: its last infra-fail, if it had one; else why its boards are not to be had. A board in
 * quarantine was known to be bad, so that not using it is no failure of tonight, but too little data all the same.
 */
export function judgeStranded(job: Job, state: JobState, boards: readonly NightBoard[]): JobOutcome {
  const reasons = boards.filter((one) => fits(job, one)).map(reasonOf);
  const last = state.tries.findLast((one) => one.outcome !== undefined)?.outcome;
  if (last !== undefined) return { ...last, failures: [...last.failures, ...reasons] };
  const now = new Date().toISOString();
  const failures = reasons.length > 0 ? reasons : [NO_BOARD];
  const verdict = combineVerdicts(failures.map((one) => one.class));
  const tried = { job: job.id, try: Math.max(1, state.tries.length) };
  return { ...tried, verdict, failures, machine: 'none', startedAt: now, endedAt: now, boards: [] };
}

const NO_BOARD: OutcomeFailure = {
  class: 'infra-fail',
  code: 'no-board',
  message: 'the rack has no board any more that fits',
};

function fits({ requires }: Job, { board }: NightBoard): boolean {
  if (requires.mac !== undefined && requires.mac !== board.mac) return false;
  return requires.labels.every((label) => labelsOf(board).includes(label));
}

function reasonOf({ board, place, status }: NightBoard): OutcomeFailure {
  const { id } = board;
  const why = status.why === undefined ? '' : `: ${status.why}`;
  if (place.unusable !== undefined) {
    const { code, failureClass } = place.unusable;
    return {
      class: failureClass,
      code,
      message: `${id}: ${place.name} cannot be used (${code}); the state of its boards says why`,
      board: id,
    };
  }
  if (place.away !== undefined)
    return {
      class: 'infra-fail',
      code: 'place-lost',
      message: `${id}: ${place.name} is away: ${place.away}`,
      board: id,
    };
  if (status.state === 'quarantined')
    return { class: 'inconclusive', code: 'quarantined', message: `${id} is in quarantine${why}`, board: id };
  return {
    class: 'infra-fail',
    code: 'board-unreachable',
    message: `${id} is ${status.state}${why}`,
    board: id,
  };
}
