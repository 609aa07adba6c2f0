import { workerData } from 'node:worker_threads';
import { klDivergenceOf, logSumExp, probabilitiesOf, type Reference } from '../quality.js';
import type { NotFinite } from './bad-logits.js';
import { FastForward } from './fast-forward.js';
import type { ExchangedMatrix } from './matrix-slots.js';
import type { PricedModel, PriceTask } from './price-pool.js';

/** What a pool's thread is started with: tinypool puts its own before ours. */
const [, { base, documents, kept }] = workerData as [unknown, PricedModel];

const contextLength = documents.reduce((most, ids) => Math.max(most, ids.length), 1);
const forward = await FastForward.create(base, { contextLength });
const { vocabSize } = base.config;

/** The first position of each document, of all documents' positions. */
const starts = documents.map((_, at) => documents.slice(0, at).reduce((sum, ids) => sum + ids.length, 0));

export default function price(task: PriceTask): number[] | NotFinite | undefined {
  return 'document' in task ? keep(task.document) : divergences(task);
}

/** What the model itself says of a document. */
function keep(document: number): NotFinite | undefined {
  forward.exchange();
  let bad: NotFinite | undefined;
  forward.run(documents[document]!, (position, logits) => {
    const at = starts[document]! + position;
    if (!logits.every(Number.isFinite)) bad ??= { notFinite: position };
    kept.logits.set(logits, at * vocabSize);
    kept.norms[at] = logSumExp(logits);
    probabilitiesOf(logits, kept.norms[at]!, rowOf(kept.probabilities, at));
  });
  return bad;
}

function divergences(other: ExchangedMatrix): number[] | NotFinite {
  forward.exchange(other);
  const found: number[] = [];
  for (const [document, ids] of documents.entries()) {
    for (const { first, logits } of forward.batches(ids)) {
      for (const [i, one] of logits.entries()) {
        const divergence = klDivergenceOf(reference(starts[document]! + first + i), one);
        if (!Number.isFinite(divergence)) return { notFinite: first + i };
        found.push(divergence);
      }
    }
  }
  return found;
}

function reference(at: number): Reference {
  return {
    logits: rowOf(kept.logits, at),
    norm: kept.norms[at]!,
    probabilities: rowOf(kept.probabilities, at),
  };
}

/** A position's part of (positions, vocab). */
function rowOf<Values extends Float32Array | Float64Array>(all: Values, at: number): Values {
  return all.subarray(at * vocabSize, (at + 1) * vocabSize) as Values;
}
