import { workerData } from 'node:worker_threads';
import { comparePosition, logSumExp, type PositionQuality } from '../quality.js';
import type { NotFinite } from './bad-logits.js';
import { FastForward } from './fast-forward.js';
import type { ScoredModels } from './score-pool.js';

/** What a pool's thread is started with: tinypool puts its own before ours. */
const [, { base, build, contextLength }] = workerData as [unknown, ScoredModels];

const options = { contextLength };
const baseForward = await FastForward.create(base, options);
const buildForward = build === undefined ? undefined : await FastForward.create(build, options);

/** One document. With a build: both models at every position; otherwise the base's log-probabilities alone. */
export default function score(ids: readonly number[]): PositionQuality[] | number[] | NotFinite {
  return buildForward === undefined ? logProbabilities(ids) : compare(ids, buildForward);
}

function logProbabilities(ids: readonly number[]): number[] {
  const found: number[] = [];
  baseForward.run(ids.slice(0, -1), (position, logits) => {
    found.push(logits[ids[position + 1]!]! - logSumExp(logits));
  });
  return found;
}

function compare(ids: readonly number[], other: FastForward): PositionQuality[] | NotFinite {
  const fed = ids.slice(0, -1);
  const builds = other.batches(fed);
  const found: PositionQuality[] = [];
  for (const { first, logits } of baseForward.batches(fed)) {
    const beside = builds.next().value!.logits;
    for (const [i, one] of logits.entries()) {
      const quality = comparePosition(one, beside[i]!, ids[first + i + 1]!);
      if (quality === undefined) return { notFinite: first + i };
      found.push(quality);
    }
  }
  return found;
}
