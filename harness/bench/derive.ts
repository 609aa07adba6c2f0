import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Attempt } from '../results/attempt.js';
import { type Comparison, compareWithReference, type LogitsDifference } from '../results/comparison.js';
import type { Generation } from '../results/generation.js';
import { type Evidence, failuresOf, judge, type Outcome } from '../results/judge.js';
import { measureGeneration, summarize } from '../results/measure.js';
import { type Plan, planSchema } from '../results/plan.js';
import { type ReferenceRun, referenceRunSchema } from '../results/reference-run.js';
import type { ResultConformity, RunResult } from '../results/result.js';
import { type RunFolder, readRunFile } from '../results/run-folder.js';
import { combineVerdicts, type Failure } from '../results/verdict.js';
import { type AttemptEvidence, readAttempt } from './attempt-evidence.js';

/** Outcome of each custom assertion when the scenario ran: a fact of the run, not derived again. */
export const checksSchema = z.array(
  z.object({ title: z.string(), sha256: z.string(), passed: z.boolean(), message: z.string().optional() }),
);
export type CheckOutcomes = z.output<typeof checksSchema>;

/** Bytes of every token that occurs in the run, base64 by id: texts can be made without the tokenizer. */
export const piecesSchema = z.record(z.string(), z.string());

/**
 * The result of a run, from its folder and nothing else: the same on any machine, at any time, by any later version.
 * @throws ConfigError when the folder is incomplete or not a run folder.
 */
export async function deriveResult(folder: RunFolder): Promise<RunResult> {
  const plan = await readRunFile(join(folder.path, 'plan.json'), planSchema);
  const reference = await readRunFile(join(folder.path, 'reference.json'), referenceRunSchema);
  const attempts = await lastAttempts(folder, plan);
  const pieces = await readPieces(folder);
  const generations = attempts.flatMap((attempt) => attempt.generations);
  const comparisons = generations.map((one) => compareWithReference(one, reference.prompts[one.prompt]!));
  const samples = [
    ...generations.flatMap(measureGeneration),
    ...attempts.flatMap((attempt) => attempt.loadSamples),
  ];
  const evidence: Evidence = {
    plan,
    generations,
    comparisons,
    diagnoses: attempts.flatMap((attempt) => attempt.diagnoses),
    samples,
    measurements: summarize(samples, (board) => isHardware(plan, board)),
    texts: generations.map((one) => textFromPieces(one, pieces)),
  };
  const outcomes = await judgeAll(evidence, folder);
  return assemble(folder, evidence, outcomes, attempts);
}

function isHardware(plan: Plan, board: string): boolean {
  return plan.boards.some(({ id, clock }) => id === board && clock === 'hardware');
}

async function lastAttempts(folder: RunFolder, plan: Plan): Promise<AttemptEvidence[]> {
  const found: AttemptEvidence[] = [];
  for (const board of plan.boards) {
    const path = (await folder.attemptFolders(board.id)).at(-1);
    if (path !== undefined) found.push(await readAttempt(path, folder.path));
  }
  return found;
}

async function readPieces(folder: RunFolder): Promise<ReadonlyMap<number, Uint8Array>> {
  const stored = await readRunFile(join(folder.path, 'pieces.json'), piecesSchema);
  return new Map(Object.entries(stored).map(([id, bytes]) => [Number(id), Buffer.from(bytes, 'base64')]));
}

function textFromPieces({ tokens }: Generation, pieces: ReadonlyMap<number, Uint8Array>): string {
  return Buffer.concat(tokens.map((token) => pieces.get(token.id) ?? new Uint8Array())).toString('utf8');
}

async function judgeAll(evidence: Evidence, folder: RunFolder): Promise<Outcome[]> {
  const checks = await readChecks(folder);
  return evidence.plan.expectations.map((expectation) => {
    const outcome = judge(expectation, evidence);
    if (expectation.kind !== 'custom') return outcome;
    const check = checks.find((one) => one.title === expectation.title && one.sha256 === expectation.sha256);
    if (check === undefined) return outcome;
    if (check.passed) return { expectation, title: outcome.title, verdict: 'pass' };
    return {
      expectation,
      title: outcome.title,
      verdict: 'product-fail',
      message: check.message ?? 'it did not hold',
    };
  });
}

async function readChecks(folder: RunFolder): Promise<CheckOutcomes> {
  const path = join(folder.path, 'checks.json');
  const there = await readFile(path).then(
    () => true,
    () => false,
  );
  return there ? readRunFile(path, checksSchema) : [];
}

function assemble(
  folder: RunFolder,
  evidence: Evidence,
  outcomes: readonly Outcome[],
  attempts: readonly AttemptEvidence[],
): RunResult {
  const { plan, generations, comparisons, measurements, texts } = evidence;
  const failures = allFailures(plan, attempts, outcomes, generations);
  const promptText = (index: number): string => plan.prompts[index]!.text;
  return {
    run: { id: folder.id, folder: folder.path, startedAt: startOf(attempts), title: plan.scenario.title },
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
  attempts: readonly AttemptEvidence[],
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

function startOf(attempts: readonly AttemptEvidence[]): string {
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

/** The ids whose bytes `pieces.json` must hold. */
export function tokensOf(generations: readonly Generation[], reference: ReferenceRun): Set<number> {
  const ids = generations.flatMap((one) => one.tokens.map((token) => token.id));
  return new Set([...ids, ...reference.prompts.flatMap((prompt) => prompt.steps.map((step) => step.id))]);
}
