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
    let done = 0;
    const sums = await Promise.all(
      parts.map(async (part) => {
        const sum = await runInPool<SiteSums[]>(pool, part, signal);
        done += part.length;
        onProgress?.(done, documents.length);
        return sum;
      }),
    );
    return gather(checkpoint.config, documents, sums);
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

function gather(
  { layers }: LlamaConfig,
  documents: readonly (readonly number[])[],
  parts: readonly (readonly SiteSums[])[],
): Calibration {
  const positions = documents.reduce((sum, ids) => sum + ids.length, 0);
  const sites = Object.fromEntries(SITES.map((site) => [site, [] as SiteStatistics[]])) as Record<
    Site,
    SiteStatistics[]
  >;
  for (const [index, { layer, site }] of (parts[0] ?? []).entries()) {
    const name = layer === layers ? 'head' : SITES[site]!;
    const gram = added(parts.map((part) => part[index]!.gram));
    const magnitudes = added(parts.map((part) => part[index]!.magnitudes));
    const meanMagnitude = magnitudes.map((sum) => sum / Math.max(1, positions));
    sites[name].push({ gram: mirrored(gram, magnitudes.length), meanMagnitude, positions });
  }
  return { sites, documents: documents.length, positions, hash: hashOf(documents) };
}

function added(arrays: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(arrays[0]?.length ?? 0);
  for (const array of arrays) for (let i = 0; i < sum.length; i++) sum[i]! += array[i]!;
  return sum;
}

/** The lower triangle from the upper one, in place. */
function mirrored(gram: Float64Array, size: number): Float64Array {
  for (let i = 0; i < size; i++) for (let j = 0; j < i; j++) gram[i * size + j] = gram[j * size + i]!;
  return gram;
}

function hashOf(documents: readonly (readonly number[])[]): string {
  return createHash('sha256').update(JSON.stringify(documents)).digest('hex');
}
