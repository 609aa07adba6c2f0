import { ConfigError } from '../errors.js';

export interface RankedLogit {
  readonly id: number;
  readonly logit: number;
}

/** The id of the largest logit; the lowest id among equals. */
export function topToken(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}

/** The `count` largest logits (all, when there are fewer), largest first; among equals the lower id first. */
export function largestLogits(logits: Float32Array, count: number): RankedLogit[] {
  const best: RankedLogit[] = [];
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if (best.length === count && logit <= best[count - 1]!.logit) continue;
    let place = best.length;
    while (place > 0 && best[place - 1]!.logit < logit) place -= 1;
    best.splice(place, 0, { id, logit });
    if (best.length > count) best.pop();
  }
  return best;
}

/**
 * The page: a NaN or infinite logit is an error, never a token.
 * @throws ConfigError `bad-logits`, naming model, position and id: the weights are at fault, since they are the only input
 */
export function requireFiniteLogits(logits: Float32Array, model: string, position: number): void {
  const id = logits.findIndex((logit) => !Number.isFinite(logit));
  if (id < 0) return;
  const message = `${model} gives logit ${logits[id]} for token ${id} at position ${position}: check its weights`;
  throw new ConfigError('bad-logits', message, { position, id });
}
