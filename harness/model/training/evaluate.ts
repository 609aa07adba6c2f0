import { crossEntropy } from './cross-entropy.js';
import { exp, log } from './exact-math.js';
import { forward } from './llama-forward.js';
import type { MakeFloats } from './matmul.js';
import type { Parameters } from './parameters.js';
import { createTrace } from './trace.js';

/** What predicting every next token of some documents costs (the beginning token is given, the end token counts). */
export interface Evaluation {
  readonly tokens: number;
  /** Mean over those tokens. */
  readonly nats: number;
  /** e^nats. */
  readonly perplexity: number;
}

type Documents = readonly (readonly number[])[];

export function evaluate(model: Parameters, documents: Documents): Evaluation {
  const longest = documents.reduce((most, document) => Math.max(most, document.length), 0);
  const make: MakeFloats = (length) => new Float32Array(length);
  const trace = createTrace(model.config, longest, make);
  let nats = 0;
  let tokens = 0;
  for (const document of documents) {
    const rows = document.length - 1;
    forward(model, trace, document.slice(0, rows));
    nats += crossEntropy(trace.logits, document.slice(1), rows, model.config.vocabSize, 1);
    tokens += rows;
  }
  return mean(nats, tokens);
}

/** The baseline: each token by its frequency among the training documents' next tokens, every count raised by one. */
export function evaluateUnigram(training: Documents, documents: Documents, vocabSize: number): Evaluation {
  const counts = new Float64Array(vocabSize).fill(1);
  let total = vocabSize;
  for (const document of training) {
    for (const token of document.slice(1)) counts[token]! += 1;
    total += document.length - 1;
  }
  let nats = 0;
  let tokens = 0;
  for (const document of documents) {
    for (const token of document.slice(1)) nats -= log(counts[token]! / total);
    tokens += document.length - 1;
  }
  return mean(nats, tokens);
}

function mean(nats: number, tokens: number): Evaluation {
  return { tokens, nats: nats / tokens, perplexity: exp(nats / tokens) };
}
