import type { LlamaConfig } from '../checkpoint.js';
import { type AttentionRoom, attentionRoom } from './attention.js';
import type { TransposeRoom } from './linear.js';
import type { Floats, MakeFloats } from './matmul.js';
import { type RotaryTable, rotaryTable } from './rope.js';

/** What one layer computed on the way forward, kept for the way back; or the gradients of it. Rows are positions. */
export interface LayerTrace {
  readonly input: Floats; // (rows, hidden)
  readonly normed1: Floats; // (rows, hidden)
  readonly inverse1: Floats; // (rows)
  readonly q: Floats; // (rows, heads * headSize), rotated
  readonly k: Floats; // (rows, kvHeads * headSize), rotated
  readonly v: Floats; // (rows, kvHeads * headSize)
  readonly weights: Floats; // (heads, rows, rows)
  readonly mixed: Floats; // (rows, heads * headSize)
  readonly middle: Floats; // (rows, hidden), after attention
  readonly normed2: Floats; // (rows, hidden)
  readonly inverse2: Floats; // (rows)
  readonly gate: Floats; // (rows, ffn)
  readonly up: Floats; // (rows, ffn)
  readonly activated: Floats; // (rows, ffn)
}

/** The working memory of one sequence at a time, of up to `maxRows` positions. */
export interface Trace {
  readonly maxRows: number;
  readonly layers: readonly LayerTrace[];
  readonly output: Floats; // (rows, hidden), after the last layer
  readonly normed: Floats; // (rows, hidden)
  readonly inverse: Floats; // (rows)
  readonly logits: Floats; // (rows, vocab); the loss turns them into their gradient
  readonly narrow: Floats; // (rows, widest of hidden, heads * headSize)
  readonly gradient: LayerTrace;
  readonly residual: Floats; // (rows, hidden): gradient of the residual stream
  readonly rotary: RotaryTable;
  readonly transposes: TransposeRoom;
  readonly attention: AttentionRoom;
}

export function createTrace(config: LlamaConfig, maxRows: number, make: MakeFloats): Trace {
  const { hiddenSize, ffnSize, vocabSize, heads, headSize } = config;
  const widest = Math.max(hiddenSize, ffnSize, vocabSize, heads * headSize);
  const longest = Math.max(maxRows, hiddenSize, ffnSize, heads * headSize);
  return {
    maxRows,
    layers: Array.from({ length: config.layers }, () => layerTrace(config, maxRows, make)),
    output: make(maxRows * hiddenSize),
    normed: make(maxRows * hiddenSize),
    inverse: make(maxRows),
    logits: make(maxRows * vocabSize),
    narrow: make(maxRows * Math.max(hiddenSize, heads * headSize)),
    gradient: layerTrace(config, maxRows, make),
    residual: make(maxRows * hiddenSize),
    rotary: rotaryTable(maxRows, headSize, config.ropeTheta),
    transposes: { left: make(widest * longest), right: make(widest * longest) },
    attention: attentionRoom(maxRows, headSize, make),
  };
}

function layerTrace(config: LlamaConfig, rows: number, make: MakeFloats): LayerTrace {
  const queries = config.heads * config.headSize;
  const keys = config.kvHeads * config.headSize;
  return {
    input: make(rows * config.hiddenSize),
    normed1: make(rows * config.hiddenSize),
    inverse1: make(rows),
    q: make(rows * queries),
    k: make(rows * keys),
    v: make(rows * keys),
    weights: make(config.heads * rows * rows),
    mixed: make(rows * queries),
    middle: make(rows * config.hiddenSize),
    normed2: make(rows * config.hiddenSize),
    inverse2: make(rows),
    gate: make(rows * config.ffnSize),
    up: make(rows * config.ffnSize),
    activated: make(rows * config.ffnSize),
  };
}
