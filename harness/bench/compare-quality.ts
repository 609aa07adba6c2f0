import type { Checkpoint } from '../model/checkpoint.js';
import type { PackedModel } from '../model/packed-model.js';
import { requireFiniteLogits } from '../reference/largest-logits.js';
import { createOracle, type Oracle } from '../reference/oracle.js';
import { comparePosition, type PositionQuality } from '../reference/quality.js';
import { summarizeQuality } from '../reference/quality-summary.js';
import type { Plan } from '../results/plan.js';
import { describeQuality, type ReferenceQuality } from '../results/reference-quality.js';
import type { ReferencePrompt } from '../results/reference-run.js';
import { pause } from './pause.js';

/** The same model as it was, and as the card has it. */
export interface ComparedModels {
  readonly float32: Checkpoint;
  readonly packed: PackedModel;
}

/**
 * Compares a packed model with its float32 checkpoint over every prompt and what the reference made of it. Both are fed the
 * same tokens, so that a position's logits differ by the format alone. Absent when there is no position to compare.
 * `onPrompt` is told after each prompt; yields to the event loop after every position.
 * @throws ConfigError `bad-logits`
 */
export async function compareQuality(
  plan: Plan,
  made: readonly ReferencePrompt[],
  { float32, packed }: ComparedModels,
  onPrompt: (done: number) => void,
  signal?: AbortSignal,
): Promise<ReferenceQuality | undefined> {
  const options = { contextLength: plan.context };
  const oracles = { base: createOracle(float32, options), test: createOracle(packed, options) };
  const positions: PositionQuality[] = [];
  for (const [index, { ids }] of plan.prompts.entries()) {
    const text = [...ids, ...made[index]!.steps.map(({ id }) => id)];
    for await (const compared of positionsOf(text, oracles)) {
      signal?.throwIfAborted();
      positions.push(compared);
    }
    onPrompt(index + 1);
  }
  return describeQuality(summarizeQuality(positions), plan.prompts.length);
}

async function* positionsOf(
  ids: readonly number[],
  { base, test }: { readonly base: Oracle; readonly test: Oracle },
): AsyncGenerator<PositionQuality> {
  base.reset();
  test.reset();
  for (const [position, id] of ids.slice(0, -1).entries()) {
    const expected = base.forward(id, position);
    const found = test.forward(id, position);
    requireFiniteLogits(expected, base.name, position);
    requireFiniteLogits(found, test.name, position);
    // Two models of one shape with finite logits, and a token of their vocabulary: there is a comparison.
    yield comparePosition(expected, found, ids[position + 1]!)!;
    await pause();
  }
}
