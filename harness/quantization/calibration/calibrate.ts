import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Tinypool } from 'tinypool';
import type { Checkpoint, LlamaConfig } from '../../model/checkpoint.js';
import { runInPool } from '../../reference/fast/run-in-pool.js';
import { shareModel } from '../../reference/fast/share-model.js';
import { type Calibration, SITES, type Site, type SiteStatistics } from '../quantized-model.js';
import type { SiteSums } from './observe-worker.js';

export interface CalibrateOptions {
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Parts of the text that threads take: as many whatever the number of threads, so that sums come out the same. */
const PARTS = 16;

/** What the float32 model's matrices are multiplied with while the documents (ids) pass through. */
export async function calibrate(
  checkpoint: Checkpoint,
  documents: readonly (readonly number[])[],
  { threads = Math.min(8, availableParallelism()), onProgress, signal }: CalibrateOptions = {},
): Promise<Calibration> {
  const contextLength = documents.reduce((most, ids) => Math.max(most, ids.length), 1);
  const pool = new Tinypool({
    filename: new URL('./observe-worker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads,
    workerData: { model: shareModel(checkpoint), contextLength },
  });
  try {
    const parts = split(documents, PARTS);
    const total = new RunningSum();
    let done = 0;
    await Promise.all(
      parts.map(async (part, index) => {
        total.take(index, await runInPool<SiteSums[]>(pool, part, signal));
        done += part.length;
        onProgress?.(done, documents.length);
      }),
    );
    return gather(checkpoint.config, documents, total.sums);
  } finally {
    await pool.destroy();
  }
}

function split<T>(items: readonly T[], parts: number): T[][] {
  const size = Math.ceil(items.length / parts);
  const made: T[][] = [];
  for (let from = 0; from < items.length; from += size) made.push(items.slice(from, from + size));
  return made;
}

/** Adds parts up in their order, whatever order they come in; those that were added are kept no longer. */
class RunningSum {
  #sums: readonly SiteSums[] = [];
  #next = 0;
  readonly #early = new Map<number, readonly SiteSums[]>();

  take(index: number, part: readonly SiteSums[]): void {
    this.#early.set(index, part);
    for (let due = this.#early.get(this.#next); due !== undefined; due = this.#early.get(this.#next)) {
      this.#early.delete(this.#next);
      this.#next += 1;
      if (this.#sums.length === 0) this.#sums = due;
      else for (const [at, sum] of this.#sums.entries()) addTo(sum, due[at]!);
    }
  }

  get sums(): readonly SiteSums[] {
    return this.#sums;
  }
}

function addTo(sum: SiteSums, { gram, magnitudes }: SiteSums): void {
  for (let i = 0; i < gram.length; i++) sum.gram[i]! += gram[i]!;
  for (let i = 0; i < magnitudes.length; i++) sum.magnitudes[i]! += magnitudes[i]!;
}

function gather(
  { layers }: LlamaConfig,
  documents: readonly (readonly number[])[],
  sums: readonly SiteSums[],
): Calibration {
  const positions = documents.reduce((sum, ids) => sum + ids.length, 0);
  const sites = Object.fromEntries(SITES.map((site) => [site, [] as SiteStatistics[]])) as Record<
    Site,
    SiteStatistics[]
  >;
  for (const { layer, site, gram, magnitudes } of sums) {
    const name = layer === layers ? 'head' : SITES[site]!;
    const meanMagnitude = magnitudes.map((sum) => sum / Math.max(1, positions));
    sites[name].push({ gram: mirrored(gram, magnitudes.length), meanMagnitude, positions });
  }
  return { sites, documents: documents.length, positions, hash: hashOf(documents) };
}

/** The lower triangle from the upper one, in place. */
function mirrored(gram: Float64Array, size: number): Float64Array {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) gram[i * size + j] = gram[j * size + i]!;
  return gram;
}

function hashOf(documents: readonly (readonly number[])[]): string {
  return createHash('sha256').update(JSON.stringify(documents)).digest('hex');
}
