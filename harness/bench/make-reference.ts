import type { PackedModel } from '../model/packed-model.js';
import type { Tokenizer } from '../model/tokenizer.js';
import { generateReference } from '../reference/generate.js';
import { createOracle, type Oracle } from '../reference/oracle.js';
import type { Plan, PlannedPrompt } from '../results/plan.js';
import type { ReferencePrompt, ReferenceRun } from '../results/reference-run.js';
import { packedHash } from './packed-hash.js';
import { pause } from './pause.js';
import { SharedWork } from './shared-work.js';

/** What the forward pass makes of a prompt; its text is the tokenizer's. */
type MadePrompt = Omit<ReferencePrompt, 'text'>;

/**
 * Runs the reference over every prompt of the plan. `onPrompt` is told after each; yields to the event loop between. A run whose reference
 * another one of `shared` has made takes it from there.
 */
export async function makeReference(
  plan: Plan,
  model: PackedModel,
  tokenizer: Tokenizer,
  onPrompt: (done: number) => void,
  signal?: AbortSignal,
  shared: SharedWork = new SharedWork(),
): Promise<ReferenceRun> {
  const make = () => makePrompts(plan, model, onPrompt, signal);
  const made = await shared.get(referenceKey(plan, model), make);
  onPrompt(made.length);
  return { prompts: made.map((one) => withText(one, tokenizer)) };
}

async function makePrompts(
  plan: Plan,
  model: PackedModel,
  onPrompt: (done: number) => void,
  signal: AbortSignal | undefined,
): Promise<readonly MadePrompt[]> {
  const oracle = createOracle(model, { contextLength: plan.context });
  const prompts: MadePrompt[] = [];
  for (const prompt of plan.prompts) {
    signal?.throwIfAborted();
    if (prompts.length > 0) onPrompt(prompts.length);
    prompts.push(makePrompt(oracle, plan, prompt, model.config.eosIds));
    await pause();
  }
  return prompts;
}

function referenceKey({ context, generate, prompts }: Plan, model: PackedModel): string {
  return JSON.stringify(['reference', packedHash(model), context, generate, prompts.map(({ ids }) => ids)]);
}

function makePrompt(
  oracle: Oracle,
  { generate }: Plan,
  prompt: PlannedPrompt,
  eosIds: readonly number[],
): MadePrompt {
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

/** In the order of keys that `reference.json` always had. */
function withText({ stop, ...made }: MadePrompt, tokenizer: Tokenizer): ReferencePrompt {
  const ids = made.steps.map(({ id }) => id);
  return { stop, text: textOf(ids, tokenizer), ...made };
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
