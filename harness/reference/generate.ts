import { checkSequence } from './check-sequence.js';
import { largestLogits, type RankedLogit, requireFiniteLogits } from './largest-logits.js';
import { logProbability } from './log-probability.js';
import type { Oracle } from './oracle.js';
import { crcOf, RunningCrc } from './running-crc.js';
import { createSampler, type SamplingOptions } from './sampler.js';

export interface GenerateOptions extends SamplingOptions {
  /** At least 1. */
  readonly maxTokens: number;
  /** An end token ends the generation; it is still part of it. */
  readonly stopAtEnd: boolean;
  readonly eosIds: readonly number[];
  /** Steps (from 0) whose whole logits are wanted. */
  readonly keepLogits?: (step: number) => boolean;
}

export interface ReferenceStep {
  readonly id: number;
  /** Of the chosen token, binary32: what a board reports that computed no other. */
  readonly logit: number;
  /** Of the chosen token, binary32, nats; temperature and top-k play no part in it. */
  readonly logProbability: number;
  /** CRC-32 of the logits that chose it, 8 hex digits. */
  readonly logitsCrc: string;
  /** Largest first; fewer than five when the vocabulary is. */
  readonly top5: readonly RankedLogit[];
  /** (vocab), a copy; present when asked for. */
  readonly logits?: Float32Array;
}

/** firmware/PROTOCOL.md `done`: at one token `eos` goes before `max`, and `max` before `context`. */
export type StopReason = 'eos' | 'max' | 'context';

export interface ReferenceGeneration {
  readonly tokens: readonly number[];
  readonly steps: readonly ReferenceStep[];
  readonly stop: StopReason;
  /** Over the generated ids, 8 hex digits. */
  readonly tokensCrc: string;
  /** Over the logits of all steps in order, 8 hex digits: the protocol's `logits_crc`. */
  readonly logitsCrc: string;
}

export interface GenerateListeners {
  /** Told of each step as it is made; `step` counts from 0. */
  readonly onStep?: (made: ReferenceStep, step: number) => void;
}

/**
 * What a board that computes right must say. Starts the oracle afresh; of the prompt only the last token's logits are made.
 * @throws ConfigError `prompt-empty`, `prompt-too-long`, `prompt-token` for what cannot be fed; `bad-logits`
 */
export function generateReference(
  oracle: Oracle,
  promptIds: readonly number[],
  options: GenerateOptions,
  { onStep }: GenerateListeners = {},
): ReferenceGeneration {
  checkSequence(oracle, promptIds);
  const sample = createSampler(options);
  const crc = new RunningCrc();
  const steps: ReferenceStep[] = [];
  let logits = feedPrompt(oracle, promptIds);
  for (;;) {
    const position = promptIds.length + steps.length;
    requireFiniteLogits(logits, oracle.name, position - 1);
    crc.add(logits);
    const made = describeStep(logits, sample(logits), options.keepLogits?.(steps.length) ?? false);
    steps.push(made);
    onStep?.(made, steps.length - 1);
    const stop = stopReason(oracle, options, made.id, steps.length, position);
    if (stop !== undefined) return assemble(steps, stop, crc);
    logits = oracle.forward(made.id, position);
  }
}

/** Logits after the last of `ids`, which start at position 0. */
function feedPrompt(oracle: Oracle, ids: readonly number[]): Float32Array {
  oracle.reset();
  const last = ids.length - 1;
  for (let position = 0; position < last; position++) oracle.advance(ids[position]!, position);
  return oracle.forward(ids[last]!, last);
}

function describeStep(logits: Float32Array, id: number, keep: boolean): ReferenceStep {
  return {
    id,
    logit: logits[id]!,
    logProbability: logProbability(logits, id),
    logitsCrc: crcOf(logits),
    top5: largestLogits(logits, 5),
    ...(keep ? { logits: logits.slice() } : {}),
  };
}

function stopReason(
  { contextLength }: Oracle,
  { stopAtEnd, eosIds, maxTokens }: GenerateOptions,
  id: number,
  count: number,
  nextPosition: number,
): StopReason | undefined {
  if (stopAtEnd && eosIds.includes(id)) return 'eos';
  if (count >= maxTokens) return 'max';
  return nextPosition >= contextLength ? 'context' : undefined;
}

function assemble(steps: readonly ReferenceStep[], stop: StopReason, crc: RunningCrc): ReferenceGeneration {
  const tokens = steps.map((step) => step.id);
  return { tokens, steps, stop, tokensCrc: crcOf(Uint32Array.from(tokens)), logitsCrc: crc.hex };
}
