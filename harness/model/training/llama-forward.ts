import type { TensorName } from '../checkpoint.js';
import { attention } from './attention.js';
import { linear } from './linear.js';
import type { Floats } from './matmul.js';
import { layerView, type Parameters } from './parameters.js';
import { rmsNorm } from './rms-norm.js';
import { rotate } from './rope.js';
import { swiglu } from './swiglu.js';
import type { LayerTrace, Trace } from './trace.js';

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

function copy(to: Floats, from: Floats, length: number): void {
  for (let i = 0; i < length; i++) to[i] = from[i]!;
}

function add(to: Floats, x: Floats, length: number): void {
  for (let i = 0; i < length; i++) to[i]! += x[i]!;
}
