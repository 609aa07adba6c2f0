import { workerData } from 'node:worker_threads';
import type { Checkpoint } from '../../model/checkpoint.js';
import { FastForward } from '../../reference/fast/fast-forward.js';

/** Sums over the positions of some documents: `gram` is an upper triangle. */
export interface SiteSums {
  readonly layer: number;
  readonly site: number;
  readonly gram: Float64Array;
  readonly magnitudes: Float64Array;
}

/** tinypool puts its own before ours. */
const [, { model, contextLength }] = workerData as [
  unknown,
  { readonly model: Checkpoint; readonly contextLength: number },
];

const forward = await FastForward.create(model, { contextLength });
const sites = forward.observe();

export default function observe(documents: readonly (readonly number[])[]): SiteSums[] {
  for (const { reset } of sites) reset();
  for (const ids of documents) forward.advance(ids);
  return sites.map(({ layer, site, read }) => ({ layer, site, ...read() }));
}
