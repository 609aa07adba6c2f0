import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import type { Checkpoint } from '../../model/checkpoint.js';
import { badLogits, type NotFinite } from './bad-logits.js';
import type { ExchangedMatrix } from './matrix-slots.js';
import { runInPool } from './run-in-pool.js';
import { shareModel } from './share-model.js';

/** What a model says of all fed positions, those of one document after those of the other, in memory that all threads share. */
export interface KeptReference {
  /** (positions, vocab) */
  readonly logits: Float32Array;
  /** (positions, vocab) */
  readonly probabilities: Float64Array;
  /** (positions) */
  readonly norms: Float64Array;
}

/** What a thread is started with. */
export interface PricedModel {
  readonly base: Checkpoint;
  /** Ids without each document's last, of which nothing follows. */
  readonly documents: readonly (readonly number[])[];
  readonly kept: KeptReference;
}

/** Keep what the model says of a document, or price it with one matrix exchanged. */
export type PriceTask = { readonly document: number } | ExchangedMatrix;

/**
 * Says how far a model with one matrix exchanged is from itself, for many matrices, on all cores: a thread has the model once, takes the matrices one after the
 * other, and compares with what the model itself said at the beginning. Keeps 12 bytes for each logit of each position.
 */
export class PricePool implements AsyncDisposable {
  readonly #pool: Tinypool;
  readonly #name: string;

  private constructor(pool: Tinypool, name: string) {
    this.#pool = pool;
    this.#name = name;
  }

  /**
   * @param documents ids; positions that have a next token are compared
   * @param threads default: one a core, at most 8
   * @throws ConfigError `bad-logits` where the model's are not finite
   */
  static async open(
    base: Checkpoint,
    documents: readonly (readonly number[])[],
    {
      threads = Math.min(8, availableParallelism()),
      signal,
    }: { readonly threads?: number; readonly signal?: AbortSignal } = {},
  ): Promise<PricePool> {
    const fed = documents.map((ids) => ids.slice(0, -1));
    const positions = fed.reduce((sum, ids) => sum + ids.length, 0);
    const kept = keptReference(positions, base.config.vocabSize);
    const workerData: PricedModel = { base: shareModel(base), documents: fed, kept };
    const filename = new URL('./price-worker.js', import.meta.url).href;
    const pool = new PricePool(
      new Tinypool({ filename, minThreads: threads, maxThreads: threads, workerData }),
      base.name,
    );
    try {
      await Promise.all(fed.map((_, document) => pool.#run({ document }, signal)));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /**
   * KL divergence of the model with one matrix exchanged from the model itself: of every position, in order, nats.
   * @throws ConfigError `bad-logits` where one of them is not finite
   */
  async divergences(other: ExchangedMatrix, signal?: AbortSignal): Promise<number[]> {
    return (await this.#run(other, signal))!;
  }

  async #run(task: PriceTask, signal: AbortSignal | undefined): Promise<number[] | undefined> {
    const answer: number[] | NotFinite | undefined = await runInPool(this.#pool, task, signal);
    if (answer === undefined || Array.isArray(answer)) return answer;
    throw badLogits([this.#name], answer);
  }

  async close(): Promise<void> {
    await this.#pool.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function keptReference(positions: number, vocab: number): KeptReference {
  return {
    logits: new Float32Array(new SharedArrayBuffer(4 * positions * vocab)),
    probabilities: new Float64Array(new SharedArrayBuffer(8 * positions * vocab)),
    norms: new Float64Array(new SharedArrayBuffer(8 * positions)),
  };
}
