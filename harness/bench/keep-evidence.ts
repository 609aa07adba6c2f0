import { join } from 'node:path';
import type { Tokenizer } from '../model/tokenizer.js';
import { createOracle } from '../reference/oracle.js';
import { attemptSchema } from '../results/attempt.js';
import type { Plan } from '../results/plan.js';
import type { ReferenceRun } from '../results/reference-run.js';
import { type RunFolder, readRunFile } from '../results/run-folder.js';
import { readAttempt, referenceLogitsPath } from './attempt-evidence.js';
import { tokensOf } from './derive.js';
import { writePieces } from './pieces.js';
import type { Prepared } from './prepare.js';

/**
 * Keeps the reference's whole logits of every step whose difference was looked into, so that a replay can say how far
 * apart they were without the model.
 */
export async function keepReferenceLogits(
  folder: RunFolder,
  prepared: Prepared,
  reference: ReferenceRun,
): Promise<void> {
  const steps = await differingSteps(folder, prepared.plan, reference);
  for (const { prompt, step } of steps) {
    const ids = prepared.plan.prompts[prompt]!.ids;
    const made = reference.prompts[prompt]!.steps.slice(0, step).map((one) => one.id);
    const logits = logitsAfter(prepared, [...ids, ...made]);
    await folder.write(referenceLogitsPath(prompt, step), new Uint8Array(logits.buffer));
  }
}

function logitsAfter({ packed, plan }: Prepared, ids: readonly number[]): Float32Array<ArrayBuffer> {
  const oracle = createOracle(packed, { contextLength: plan.context });
  let logits = new Float32Array();
  for (const [position, id] of ids.entries()) logits = Float32Array.from(oracle.forward(id, position));
  return logits;
}

async function differingSteps(folder: RunFolder, plan: Plan, reference: ReferenceRun) {
  const found: { prompt: number; step: number }[] = [];
  for (const { id } of plan.boards) {
    for (const path of await folder.attemptFolders(id)) {
      const { calls } = await readRunFile(join(path, 'attempt.json'), attemptSchema);
      for (const { prompt, purpose, tokens } of calls) {
        if (purpose === 'diagnose' && reference.prompts[prompt] !== undefined)
          found.push({ prompt, step: tokens - 1 });
      }
    }
  }
  return found;
}

/** Keeps the bytes of every token that occurs, so that a replay can write texts without the tokenizer. */
export async function keepPieces(
  folder: RunFolder,
  plan: Plan,
  tokenizer: Tokenizer,
  reference: ReferenceRun,
): Promise<void> {
  const ids = tokensOf(await generationsOf(folder, plan), reference);
  await writePieces(folder, ids, tokenizer);
}

async function generationsOf(folder: RunFolder, plan: Plan) {
  const paths = await Promise.all(
    plan.boards.map(async ({ id }) => (await folder.attemptFolders(id)).at(-1)),
  );
  const attempts = await Promise.all(
    paths.flatMap((path) => (path === undefined ? [] : [readAttempt(path, folder.path)])),
  );
  return attempts.flatMap((attempt) => attempt.generations);
}
