import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { PackedModel } from '../../model/packed-model.js';
import type { PositionQuality } from '../quality.js';
import { badLogits, type NotFinite } from './bad-logits.js';
import { runInPool } from './run-in-pool.js';
import { shareModel } from './share-model.js';

export interface ScoredModels {
  readonly base: Checkpoint | PackedModel;
  /** Compared with the base at every position; absent: the base alone is scored. */
  readonly build?: Checkpoint | PackedModel;
  readonly contextLength: number;
}

export interface ScoreOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Scores texts on all cores: each thread has the models and takes one document at a time. The same numbers as from the oracle, whatever
 * the number of threads.
 */
export class ScorePool implements AsyncDisposable {
  readonly #pool: Tinypool;
  readonly #models: ScoredModels;

  private constructor(models: ScoredModels, threads: number) {
    const { base, build, contextLength } = models;
    this.#models = models;
    this.#pool = new Tinypool({
      filename: new URL('./score-worker.js', import.meta.url).href,
      minThreads: threads,
      maxThreads: threads,
      workerData: {
        base: shareModel(base),
        ...(build === undefined ? {} : { build: shareModel(build) }),
        contextLength,
      },
    });
  }

  /** @param threads default: one a core, at most 8 */
  static open(models: ScoredModels, threads = Math.min(8, availableParallelism())): ScorePool {
    return new ScorePool(models, threads);
  }

  /**
   * Both models at every position of every document (ids, of which the first is only given), in order.
   * @throws ConfigError `bad-logits` where one of them is not finite
   */
  compare(documents: readonly (readonly number[])[], options: ScoreOptions = {}): Promise<PositionQuality[]> {
    return this.#all<PositionQuality>(documents, options);
  }

  /** ln of the probability of each document's tokens after its first, in order; binary64, nats. For a pool without a build. */
  logProbabilities(documents: readonly (readonly number[])[], options: ScoreOptions = {}): Promise<number[]> {
    return this.#all<number>(documents, options);
  }

  async #all<T>(
    documents: readonly (readonly number[])[],
    { onProgress, signal }: ScoreOptions,
  ): Promise<T[]> {
    let done = 0;
    const parts = await Promise.all(
      documents.map(async (ids) => {
        const part = await this.#one<T>(ids, signal);
        done += 1;
        onProgress?.(done, documents.length);
        return part;
      }),
    );
    return parts.flat();
  }

  async #one<T>(ids: readonly number[], signal: AbortSignal | undefined): Promise<T[]> {
    const part: T[] | NotFinite = await runInPool(this.#pool, ids, signal);
    if (Array.isArray(part)) return part;
    const { base, build } = this.#models;
    throw badLogits([build?.name ?? base.name, base.name], part);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
