import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleResult } from '../results/assemble-result.js';
import { type CheckOutcomes, checkOutcomesSchema } from '../results/check-outcomes.js';
import { compareWithReference } from '../results/comparison.js';
import type { Evidence } from '../results/evidence.js';
import type { Generation } from '../results/generation.js';
import { measureGeneration, summarize } from '../results/measure.js';
import { type Plan, planSchema } from '../results/plan.js';
import { type ReferenceRun, referenceRunSchema } from '../results/reference-run.js';
import type { RunResult } from '../results/result.js';
import { type RunFolder, readRunFile } from '../results/run-folder.js';
import { readAttempt } from './attempt-evidence.js';
import { readHistory } from './attempt-history.js';
import { deriveForeign } from './derive-foreign.js';
import { readPieces, textFromPieces } from './pieces.js';

/**
 * The result of a run, from its folder and nothing else: the same on any machine, at any time, by any later version.
 * @throws ConfigError when the folder is incomplete or not a run folder.
 */
export async function deriveResult(folder: RunFolder): Promise<RunResult> {
  const plan = await readRunFile(join(folder.path, 'plan.json'), planSchema);
  if (plan.foreign !== undefined) return deriveForeign(folder, plan, await readChecks(folder));
  const reference = await readRunFile(join(folder.path, 'reference.json'), referenceRunSchema);
  const history = await readHistory(folder, plan, (path) => readAttempt(path, folder.path));
  const attempts = history.last;
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
    texts: generations.map((one) => textFromPieces(one.tokens, pieces)),
    checks: await readChecks(folder),
    attempts: history.all,
    ...(reference.quality === undefined ? {} : { quality: reference.quality }),
  };
  return assembleResult({ id: folder.id, path: folder.path }, evidence, attempts);
}

function isHardware(plan: Plan, board: string): boolean {
  return plan.boards.some(({ id, clock }) => id === board && clock === 'hardware');
}

async function readChecks(folder: RunFolder): Promise<CheckOutcomes> {
  const path = join(folder.path, 'checks.json');
  const there = await readFile(path).then(
    () => true,
    () => false,
  );
  return there ? readRunFile(path, checkOutcomesSchema) : [];
}

/** The ids whose bytes `pieces.json` must hold. */
export function tokensOf(generations: readonly Generation[], reference: ReferenceRun): Set<number> {
  const ids = generations.flatMap((one) => one.tokens.map((token) => token.id));
  return new Set([...ids, ...reference.prompts.flatMap((prompt) => prompt.steps.map((step) => step.id))]);
}
