import type { PackedModel } from '../model/packed-model.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { generateReference } from '../reference/generate.js';
import { createOracle, type Oracle } from '../reference/oracle.js';
import type { Plan, PlannedPrompt } from '../results/plan.js';
import type { ReferencePrompt, ReferenceRun } from '../results/reference-run.js';
import { pause } from './pause.js';

/** Runs the reference over every prompt of the plan. `onPrompt` is told after each; yields to the event loop between. */
export async function makeReference(
  plan: Plan,
  model: PackedModel,
  tokenizer: Tokenizer,
  onPrompt: (done: number) => void,
  signal?: AbortSignal,
): Promise<ReferenceRun> {
  const oracle = createOracle(model, { contextLength: plan.context });
  const prompts: ReferencePrompt[] = [];
  for (const prompt of plan.prompts) {
    signal?.throwIfAborted();
    prompts.push(referencePrompt(oracle, plan, prompt, model.config.eosIds, tokenizer));
    onPrompt(prompts.length);
    await pause();
  }
  return { prompts };
}

function referencePrompt(
  oracle: Oracle,
  { generate }: Plan,
  prompt: PlannedPrompt,
  eosIds: readonly number[],
  tokenizer: Tokenizer,
): ReferencePrompt {
  const made = generateReference(oracle, prompt.ids, {
    maxTokens: generate.tokens,
    temperature: generate.temperature / 1000,
    topK: generate.topK,
    seed: generate.seed,
    stopAtEnd: generate.stopAtEnd,
    eosIds,
  });
  return {
    stop: made.stop,
    text: textOf(made.tokens, tokenizer),
    tokensCrc: made.tokensCrc,
    logitsCrc: made.logitsCrc,
    steps: made.steps.map((step) => ({
      id: step.id,
      logitBits: floatBits(step.logit),
      logProbabilityBits: floatBits(step.logProbability),
      logitsCrc: step.logitsCrc,
      top5: step.top5.map(({ id, logit }) => ({ id, logit })),
    })),
  };
}

/** A continuation as text: every token's bytes, decoded together. */
export function textOf(ids: readonly number[], tokenizer: Tokenizer): string {
  return Buffer.concat(ids.map((id) => tokenizer.tokenBytes(id))).toString('utf8');
}

function floatBits(value: number): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0).toString(16).padStart(8, '0');
}
