import type { LlamaConfig, TensorName } from '../checkpoint.js';
import { type AttentionRoom, attention, attentionBackward, attentionRoom } from './attention.js';
import { linear, linearBackward, type TransposeRoom } from './linear.js';
import type { Floats, MakeFloats } from './matmul.js';
import type { Parameters } from './parameters.js';
import { rmsNorm, rmsNormBackward } from './rms-norm.js';
import { type RotaryTable, rotaryTable, rotate } from './rope.js';
import { swiglu, swigluBackward } from './swiglu.js';

/** What one layer computed on the way forward, kept for the way back; or the gradients of it. Rows are positions. */
interface LayerTrace {
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

/** Fills `trace.logits` (rows, vocab) with the model's scores after each of the tokens. At most `trace.maxRows` tokens. */
export function forward(model: Parameters, trace: Trace, tokens: ArrayLike<number>): void {
  const { config, tensors } = model;
  const rows = tokens.length;
  const hidden = config.hiddenSize;
  const stream = trace.output;
  for (let row = 0; row < rows; row++) {
    const from = tokens[row]! * hidden;
    for (let i = 0; i < hidden; i++) stream[row * hidden + i] = tensors.embed_tokens[from + i]!;
  }
  trace.layers.forEach((layer, index) => {
    forwardLayer(model, trace, layer, index, rows);
  });
  rmsNorm(trace.normed, trace.inverse, stream, tensors.final_norm, rows, hidden, config.rmsNormEps);
  linear(trace.logits, trace.normed, tensors.lm_head, rows, config.vocabSize, hidden);
}

function forwardLayer(model: Parameters, trace: Trace, layer: LayerTrace, index: number, rows: number): void {
  const { config } = model;
  const { hiddenSize: hidden, ffnSize: ffn, heads, kvHeads, headSize } = config;
  const weight = (name: TensorName) => layerView(model, name, index);
  const stream = trace.output;

  copy(layer.input, stream, rows * hidden);
  rmsNorm(layer.normed1, layer.inverse1, stream, weight('norm1'), rows, hidden, config.rmsNormEps);
  linear(layer.q, layer.normed1, weight('q_proj'), rows, heads * headSize, hidden);
  linear(layer.k, layer.normed1, weight('k_proj'), rows, kvHeads * headSize, hidden);
  linear(layer.v, layer.normed1, weight('v_proj'), rows, kvHeads * headSize, hidden);
  rotate(layer.q, trace.rotary, rows, heads, headSize, 1);
  rotate(layer.k, trace.rotary, rows, kvHeads, headSize, 1);
  layer.mixed.fill(0);
  attention(layer.mixed, layer.weights, layer.q, layer.k, layer.v, rows, config, trace.attention);
  linear(trace.narrow, layer.mixed, weight('o_proj'), rows, hidden, heads * headSize);
  add(stream, trace.narrow, rows * hidden);

  copy(layer.middle, stream, rows * hidden);
  rmsNorm(layer.normed2, layer.inverse2, stream, weight('norm2'), rows, hidden, config.rmsNormEps);
  linear(layer.gate, layer.normed2, weight('gate_proj'), rows, ffn, hidden);
  linear(layer.up, layer.normed2, weight('up_proj'), rows, ffn, hidden);
  swiglu(layer.activated, layer.gate, layer.up, rows * ffn);
  linear(trace.narrow, layer.activated, weight('down_proj'), rows, hidden, ffn);
  add(stream, trace.narrow, rows * hidden);
}

/**
 * Adds to `gradients` what follows from the gradient of the logits, which `trace.logits` holds. Goes with the `forward` of
 * the same tokens just before.
 */
export function backward(
  model: Parameters,
  gradients: Parameters,
  trace: Trace,
  tokens: ArrayLike<number>,
): void {
  const { config, tensors } = model;
  const rows = tokens.length;
  const hidden = config.hiddenSize;
  const dNormed = zeroed(trace.narrow, rows * hidden);
  const dStream = zeroed(trace.residual, rows * hidden);
  linearBackward(
    dNormed,
    gradients.tensors.lm_head,
    trace.logits,
    trace.normed,
    tensors.lm_head,
    rows,
    config.vocabSize,
    hidden,
    trace.transposes,
  );
  rmsNormBackward(
    dStream,
    gradients.tensors.final_norm,
    dNormed,
    trace.output,
    tensors.final_norm,
    trace.inverse,
    rows,
    hidden,
  );
  for (let index = config.layers - 1; index >= 0; index--) {
    backwardMlp(model, gradients, trace, index, rows);
    backwardAttention(model, gradients, trace, index, rows);
  }
  for (let row = 0; row < rows; row++) {
    const to = tokens[row]! * hidden;
    for (let i = 0; i < hidden; i++) gradients.tensors.embed_tokens[to + i]! += dStream[row * hidden + i]!;
  }
}

function backwardMlp(
  model: Parameters,
  gradients: Parameters,
  trace: Trace,
  index: number,
  rows: number,
): void {
  const { hiddenSize: hidden, ffnSize: ffn } = model.config;
  const layer = trace.layers[index]!;
  const d = trace.gradient;
  const weight = (name: TensorName) => layerView(model, name, index);
  const dWeight = (name: TensorName) => layerView(gradients, name, index);
  const room = trace.transposes;

  const dActivated = zeroed(d.activated, rows * ffn);
  linearBackward(
    dActivated,
    dWeight('down_proj'),
    trace.residual,
    layer.activated,
    weight('down_proj'),
    rows,
    hidden,
    ffn,
    room,
  );
  swigluBackward(d.gate, d.up, dActivated, layer.gate, layer.up, rows * ffn);
  const dNormed = zeroed(d.normed2, rows * hidden);
  linearBackward(
    dNormed,
    dWeight('gate_proj'),
    d.gate,
    layer.normed2,
    weight('gate_proj'),
    rows,
    ffn,
    hidden,
    room,
  );
  linearBackward(
    dNormed,
    dWeight('up_proj'),
    d.up,
    layer.normed2,
    weight('up_proj'),
    rows,
    ffn,
    hidden,
    room,
  );
  rmsNormBackward(
    trace.residual,
    dWeight('norm2'),
    dNormed,
    layer.middle,
    weight('norm2'),
    layer.inverse2,
    rows,
    hidden,
  );
}

function backwardAttention(
  model: Parameters,
  gradients: Parameters,
  trace: Trace,
  index: number,
  rows: number,
): void {
  const { hiddenSize: hidden, heads, kvHeads, headSize } = model.config;
  const layer = trace.layers[index]!;
  const d = trace.gradient;
  const queries = heads * headSize;
  const keys = kvHeads * headSize;
  const weight = (name: TensorName) => layerView(model, name, index);
  const dWeight = (name: TensorName) => layerView(gradients, name, index);
  const room = trace.transposes;

  const dMixed = zeroed(d.mixed, rows * queries);
  linearBackward(
    dMixed,
    dWeight('o_proj'),
    trace.residual,
    layer.mixed,
    weight('o_proj'),
    rows,
    hidden,
    queries,
    room,
  );
  const dq = zeroed(d.q, rows * queries);
  const dk = zeroed(d.k, rows * keys);
  const dv = zeroed(d.v, rows * keys);
  attentionBackward(
    dq,
    dk,
    dv,
    dMixed,
    layer.weights,
    layer.q,
    layer.k,
    layer.v,
    rows,
    model.config,
    trace.attention,
  );
  rotate(dq, trace.rotary, rows, heads, headSize, -1);
  rotate(dk, trace.rotary, rows, kvHeads, headSize, -1);
  const dNormed = zeroed(d.normed1, rows * hidden);
  linearBackward(
    dNormed,
    dWeight('q_proj'),
    dq,
    layer.normed1,
    weight('q_proj'),
    rows,
    queries,
    hidden,
    room,
  );
  linearBackward(dNormed, dWeight('k_proj'), dk, layer.normed1, weight('k_proj'), rows, keys, hidden, room);
  linearBackward(dNormed, dWeight('v_proj'), dv, layer.normed1, weight('v_proj'), rows, keys, hidden, room);
  rmsNormBackward(
    trace.residual,
    dWeight('norm1'),
    dNormed,
    layer.input,
    weight('norm1'),
    layer.inverse1,
    rows,
    hidden,
  );
}

function layerView({ config, tensors }: Parameters, name: TensorName, index: number): Floats {
  const tensor = tensors[name];
  const size = tensor.length / config.layers;
  return tensor.subarray(index * size, (index + 1) * size);
}

function zeroed(x: Floats, length: number): Floats {
  return x.fill(0, 0, length);
}

function copy(to: Floats, from: Floats, length: number): void {
  for (let i = 0; i < length; i++) to[i] = from[i]!;
}

function add(to: Floats, x: Floats, length: number): void {
  for (let i = 0; i < length; i++) to[i]! += x[i]!;
}
