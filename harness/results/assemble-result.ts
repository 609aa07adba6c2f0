import type { Attempt } from './attempt.js';
import type { Comparison, LogitsDifference } from './comparison.js';
import type { Generation } from './generation.js';
import { type Evidence, failuresOf, judge, type Outcome } from './judge.js';
import type { Plan } from './plan.js';
import type { ResultConformity, ResultMemory, RunResult } from './result.js';
import { combineVerdicts, type Failure } from './verdict.js';

/** How one board's last attempt ended, and what it said of its memory. */
export interface AttemptFacts {
  readonly attempt: Attempt;
  readonly memory?: ResultMemory;
}

/** Judges the evidence and puts the result together. Pure. */
export function assembleResult(
  run: { readonly id: string; readonly path: string },
  evidence: Evidence,
  attempts: readonly AttemptFacts[],
): RunResult {
  const { plan, generations, comparisons, measurements, texts } = evidence;
  const outcomes = plan.expectations.map((expectation) => judge(expectation, evidence));
  const failures = allFailures(plan, attempts, outcomes, generations);
  const promptText = (index: number): string => plan.prompts[index]!.text;
  return {
    run: { id: run.id, folder: run.path, startedAt: startOf(attempts), title: plan.scenario.title },
    verdict: combineVerdicts(failures.map((failure) => failure.class)),
    model: { ...plan.model, format: plan.format },
    build: { id: plan.build.id },
    boards: plan.boards,
    expectations: outcomes.map(({ title, verdict, message }) => ({
      title,
      verdict,
      ...(message === undefined ? {} : { message }),
    })),
    generations: generations.map((one, index) =>
      describeGeneration(one, comparisons[index]!, texts[index]!, plan),
    ),
    conformity: conformityByPrompt(evidence),
    measurements: measurements.map(({ prompt, ...rest }) => ({
      ...rest,
      ...(prompt === undefined ? {} : { prompt: promptText(prompt) }),
    })),
    memory: attempts.flatMap((attempt) => attempt.memory ?? []),
    failures,
  };
}

/** Failures of attempts come first: they explain why expectations lack data. */
function allFailures(
  plan: Plan,
  attempts: readonly AttemptFacts[],
  outcomes: readonly Outcome[],
  generations: readonly Generation[],
): Failure[] {
  const ended = attempts.flatMap(({ attempt }) =>
    attempt.failure === undefined ? [] : [toFailure(attempt)],
  );
  const judged = failuresOf(outcomes).filter(
    (failure) => ended.length === 0 || failure.class !== 'inconclusive',
  );
  const planned = plan.boards.length * plan.prompts.length * plan.repeats;
  if (ended.length > 0 || judged.length > 0 || generations.length === planned) return [...ended, ...judged];
  const message = `${generations.length} of ${planned} generations were completed`;
  return [{ class: 'inconclusive', message }];
}

function toFailure({ failure, board, attempt }: Attempt): Failure {
  const { class: failureClass, message, evidence } = failure!;
  const where = evidence ?? `boards/${board}/attempt-${attempt}/uart.bin`;
  return { class: failureClass, message, board, evidence: where };
}

function startOf(attempts: readonly AttemptFacts[]): string {
  return attempts.map(({ attempt }) => attempt.startedAt).toSorted()[0] ?? '';
}

function describeGeneration(
  { board, prompt, repeat, promptTokens, tokens }: Generation,
  comparison: Comparison,
  text: string,
  plan: Plan,
): RunResult['generations'][number] {
  return {
    board,
    prompt: plan.prompts[prompt]!.text,
    repeat,
    promptTokens,
    tokens: tokens.map((token) => token.id),
    text,
    referenceEqual: comparison.tokensEqual === comparison.tokensTotal,
    ...(comparison.logitsEqual === undefined ? {} : { logitsEqual: comparison.logitsEqual }),
  };
}

function conformityByPrompt({ plan, comparisons, diagnoses }: Evidence): ResultConformity[] {
  return plan.boards.flatMap(({ id: board }) =>
    plan.prompts.flatMap(({ text }, prompt) => {
      const own = comparisons.filter((one) => one.board === board && one.prompt === prompt);
      return own.length === 0
        ? []
        : [
            conformityOf(
              board,
              text,
              own,
              diagnoses.find((one) => one.board === board && one.prompt === prompt),
            ),
          ];
    }),
  );
}

function conformityOf(
  board: string,
  prompt: string,
  comparisons: readonly Comparison[],
  difference: LogitsDifference | undefined,
): ResultConformity {
  const total = (pick: (one: Comparison) => number): number =>
    comparisons.reduce((sum, one) => sum + pick(one), 0);
  const wrong = comparisons.find((one) => one.firstLogitsDifference !== undefined);
  const known = comparisons.every((one) => one.logitsEqual !== undefined);
  const equal = comparisons.every((one) => one.logitsEqual === true);
  return {
    board,
    prompt,
    tokensEqual: total((one) => one.tokensEqual),
    tokensTotal: total((one) => one.tokensTotal),
    ...(known ? { logitsEqual: equal } : {}),
    ...(wrong === undefined ? {} : { firstDifference: wrong.firstLogitsDifference!.step }),
    ...(known && equal ? { maxAbsDelta: 0, klDivergence: 0, topTokenEqual: true } : {}),
    ...(difference === undefined
      ? {}
      : {
          maxAbsDelta: difference.maxAbsDelta,
          klDivergence: difference.klDivergence,
          topTokenEqual: difference.topTokenEqual,
        }),
  };
}
