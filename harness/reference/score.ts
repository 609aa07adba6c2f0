import { mean } from '../stats/mean.js';
import { checkSequence } from './check-sequence.js';
import { requireFiniteLogits } from './largest-logits.js';
import { logProbability } from './log-probability.js';
import type { Oracle } from './oracle.js';
import { crcOf, RunningCrc } from './running-crc.js';

export interface ScoredPosition {
  /** From 1: what is scored is the token there, given all before it. */
  readonly position: number;
  readonly id: number;
  /** binary32, nats. */
  readonly logProbability: number;
  /** CRC-32 of the logits that predict this position, 8 hex digits. */
  readonly logitsCrc: string;
}

export interface ReferenceScore {
  readonly positions: readonly ScoredPosition[];
  /** exp of the mean negative log-probability, in binary64; absent when nothing was scored (a single token). */
  readonly perplexity?: number;
  /** Over the logits of all scored positions in order, 8 hex digits: the protocol's `logits_crc`. */
  readonly logitsCrc: string;
}

export interface ScoreListeners {
  /** The logits (vocab) belong to the oracle and are valid during the call only. */
  readonly onPosition?: (scored: ScoredPosition, logits: Float32Array) => void;
}

/**
 * Teacher forcing: how probable the model finds each token of `ids` after the first. Starts the oracle afresh.
 * @throws ConfigError `prompt-empty`, `prompt-too-long`, `prompt-token` for what cannot be fed; `bad-logits`
 */
export function scoreReference(
  oracle: Oracle,
  ids: readonly number[],
  { onPosition }: ScoreListeners = {},
): ReferenceScore {
  checkSequence(oracle, ids);
  oracle.reset();
  const crc = new RunningCrc();
  const positions: ScoredPosition[] = [];
  for (let position = 1; position < ids.length; position++) {
    const logits = oracle.forward(ids[position - 1]!, position - 1);
    requireFiniteLogits(logits, oracle.name, position - 1);
    crc.add(logits);
    const scored = scorePosition(logits, ids[position]!, position);
    positions.push(scored);
    onPosition?.(scored, logits);
  }
  const perplexity = perplexityOf(positions.map((scored) => scored.logProbability));
  return { positions, logitsCrc: crc.hex, ...(perplexity === undefined ? {} : { perplexity }) };
}

function scorePosition(logits: Float32Array, id: number, position: number): ScoredPosition {
  return { position, id, logProbability: logProbability(logits, id), logitsCrc: crcOf(logits) };
}

/** exp(-mean) of log-probabilities in nats; absent when there are none. Several texts: put their positions together. */
export function perplexityOf(logProbabilities: readonly number[]): number | undefined {
  const average = mean(logProbabilities).value;
  return average === undefined ? undefined : Math.exp(-average);
}
