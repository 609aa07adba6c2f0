import { type Evidence, evidenceOfBoard } from './evidence.js';
import { describeContradiction, judge, type Outcome } from './judge.js';
import type { Failure } from './verdict.js';

/**
 * Why a run did not pass: `ended` are the failures of attempts, which come first since they explain why expectations lack
 * data. A failure without `board` concerns every board of the run.
 */
export function failuresOf(
  evidence: Evidence,
  outcomes: readonly Outcome[],
  ended: readonly Failure[],
): Failure[] {
  const stopped = new Set(ended.map((failure) => failure.board));
  const judged = outcomes
    .flatMap((outcome) => failuresOfOutcome(outcome, evidence))
    .filter((failure) => failure.class !== 'inconclusive' || !isExplained(failure, stopped, evidence));
  const found = [...ended, ...judged];
  return [...found, ...failuresOfCourse(evidence, found)];
}

function isExplained(
  { board }: Failure,
  stopped: ReadonlySet<string | undefined>,
  { plan }: Evidence,
): boolean {
  return board === undefined ? plan.boards.every(({ id }) => stopped.has(id)) : stopped.has(board);
}

/** One failure for each board that does not hold the expectation; one without board where all fail it alike. */
function failuresOfOutcome(outcome: Outcome, evidence: Evidence): Failure[] {
  const { expectation, title, verdict, message } = outcome;
  if (verdict === 'pass') return [];
  const all: Failure = { class: verdict, message: `${title}: ${message}` };
  const own = evidence.plan.boards.flatMap(({ id: board }): Failure[] => {
    const alone = judge(expectation, evidenceOfBoard(board, evidence));
    if (alone.verdict === 'pass') return [];
    return [{ class: alone.verdict, message: `${title}: ${alone.message}`, board }];
  });
  return ofBoardsOrAll(own, all, evidence);
}

/** What of the boards that no failure concerns came to no end, or contradicts itself. */
function failuresOfCourse(evidence: Evidence, found: readonly Failure[]): Failure[] {
  if (found.some(({ board }) => board === undefined)) return [];
  const left = evidence.plan.boards.filter(({ id }) => found.every(({ board }) => board !== id));
  const own = left.flatMap(({ id: board }): Failure[] => {
    const message = describeCourse(evidenceOfBoard(board, evidence));
    return message === undefined ? [] : [{ class: 'inconclusive', message, board }];
  });
  const message = describeCourse(evidence);
  if (found.length > 0 || message === undefined) return own;
  return ofBoardsOrAll(own, { class: 'inconclusive', message }, evidence);
}

function describeCourse({ plan, generations }: Evidence): string | undefined {
  const planned = plan.boards.length * plan.prompts.length * plan.repeats;
  return generations.length === planned
    ? describeContradiction(generations, plan)
    : `${generations.length} of ${planned} generations were completed`;
}

/** `own`, unless one failure says it as well: that of the whole run, of its only board or of all that fail alike. */
function ofBoardsOrAll(own: readonly Failure[], all: Failure, { plan }: Evidence): Failure[] {
  const alike = own.every(({ message }) => message === own[0]?.message);
  if (own.length === 1) return [{ ...all, board: own[0]!.board! }];
  return own.length === 0 || (alike && own.length === plan.boards.length) ? [all] : [...own];
}
