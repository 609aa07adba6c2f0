import type { Attempt } from './attempt.js';
import type { Comparison, LogitsDifference } from './comparison.js';
import type { Evidence } from './evidence.js';
import { failuresOf } from './failures.js';
import type { GenerationFacts } from './generation.js';
import { judge } from './judge.js';
import { resolveLabels } from './labels.js';
import type { ResultAttempt, ResultConformity, ResultMemory, RunResult } from './result.js';
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
  const { plan, generations, comparisons, measurements, texts, quality } = evidence;
  const outcomes = plan.expectations.map((expectation) => judge(expectation, evidence));
  const ended = attempts.flatMap(({ attempt }) =>
    attempt.failure === undefined ? [] : [toFailure(attempt)],
  );
  const failures = failuresOf(evidence, outcomes, ended);
  const promptText = (index: number): string => plan.prompts[index]!.text;
  return {
    run: { id: run.id, folder: run.path, startedAt: startOf(evidence.attempts), title: plan.scenario.title },
    labels: resolveLabels(plan.labels ?? {}),
    verdict: combineVerdicts(failures.map((failure) => failure.class)),
    model: {
      ...plan.model,
      format: plan.format,
      ...(plan.strategy === undefined ? {} : { strategy: plan.strategy }),
    },
    build: {
      id: plan.build.id,
      ...(plan.foreign === undefined ? {} : { firmware: plan.foreign.name }),
    },
    boards: plan.boards.map(({ limits, ...board }) => ({
      ...board,
      ...chipRevisionOf(board.id, evidence.attempts),
      ...(limits === undefined ? {} : { limits }),
    })),
    ...(plan.card.bytes === 0 ? {} : { card: { bytes: plan.card.bytes } }),
    attempts: evidence.attempts,
    ...(quality === undefined ? {} : { quality }),
    expectations: outcomes.map(({ title, verdict, message }) => ({
      title,
      verdict,
      ...(message === undefined ? {} : { message }),
    })),
    generations: generations.map((one, index) =>
      describeGeneration(one, comparisons[index], texts[index], evidence),
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

function toFailure({ failure, board, attempt, nonce }: Attempt): Failure {
  const { class: failureClass, message, evidence } = failure!;
  const file = nonce === undefined ? 'attempt.json' : 'uart.bin';
  const where = evidence ?? `boards/${board}/attempt-${attempt}/${file}`;
  return { class: failureClass, message, board, evidence: where };
}

/** As the last attempt that read it says. */
function chipRevisionOf(board: string, attempts: readonly ResultAttempt[]): { chipRevision?: number } {
  const known = attempts.findLast((one) => one.board === board && one.flash?.chipRevision !== undefined);
  return known === undefined ? {} : { chipRevision: known.flash!.chipRevision! };
}

/** Of the first attempt of all, whether or not the result rests on it: trying again does not move a run. */
function startOf(attempts: readonly ResultAttempt[]): string {
  return attempts.map(({ startedAt }) => startedAt).toSorted()[0] ?? '';
}

function describeGeneration(
  { board, prompt, repeat, promptTokens, tokens }: GenerationFacts,
  comparison: Comparison | undefined,
  text: string | undefined,
  { plan, samples }: Evidence,
): RunResult['generations'][number] {
  return {
    board,
    prompt: plan.prompts[prompt]!.text,
    repeat,
    ...(promptTokens === undefined ? {} : { promptTokens }),
    ...(tokens === undefined ? {} : { tokens: tokens.map((token) => token.id) }),
    ...(text === undefined ? {} : { text }),
    ...equalityOf(comparison),
    measured: measuredOf({ board, prompt, repeat }, samples),
  };
}

function measuredOf(
  { board, prompt, repeat }: Pick<GenerationFacts, 'board' | 'prompt' | 'repeat'>,
  samples: Evidence['samples'],
): NonNullable<RunResult['generations'][number]['measured']> {
  const own = samples.filter((one) => one.board === board && one.prompt === prompt && one.repeat === repeat);
  return Object.fromEntries(own.map(({ name, value }) => [name, value]));
}

function equalityOf(
  comparison: Comparison | undefined,
): Pick<RunResult['generations'][number], 'referenceEqual' | 'logitsEqual'> {
  if (comparison === undefined) return {};
  const { tokensEqual, tokensTotal, logitsEqual } = comparison;
  return {
    referenceEqual: tokensEqual === tokensTotal,
    ...(logitsEqual === undefined ? {} : { logitsEqual }),
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
  const winners = total((one) => one.winnersCompared);
  return {
    board,
    prompt,
    tokensEqual: total((one) => one.tokensEqual),
    tokensTotal: total((one) => one.tokensTotal),
    ...(known ? { logitsEqual: equal } : {}),
    ...(wrong === undefined ? {} : { firstDifference: wrong.firstLogitsDifference!.step }),
    ...(winners === 0 ? {} : { winnersCompared: { steps: winners, of: total((one) => one.logitsCompared) } }),
    ...(known && equal && winners === 0 ? { maxAbsDelta: 0, klDivergence: 0, topTokenEqual: true } : {}),
    ...(difference === undefined
      ? {}
      : {
          maxAbsDelta: difference.maxAbsDelta,
          klDivergence: difference.klDivergence,
          topTokenEqual: difference.topTokenEqual,
        }),
  };
}
