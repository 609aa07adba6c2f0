import type { TensorName } from '../checkpoint.js';
import { attentionBackward } from './attention.js';
import { linearBackward } from './linear.js';
import type { Floats } from './matmul.js';
import { layerView, type Parameters } from './parameters.js';
import { rmsNormBackward } from './rms-norm.js';
import { rotate } from './rope.js';
import { swigluBackward } from './swiglu.js';
import type { Trace } from './trace.js';

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

function zeroed(x: Floats, length: number): Floats {
  return x.fill(0, 0, length);
}
