import { elementCount, type LlamaConfig, TENSOR_NAMES, type TensorName, tensorShape } from '../checkpoint.js';
import type { Choices } from './choices.js';
import { log, sinCos } from './exact-math.js';
import type { Floats, MakeFloats } from './matmul.js';

/** All trained numbers of a model, or their gradients: one array, and the tensors as views into it. */
export interface Parameters {
  readonly config: LlamaConfig;
  readonly values: Floats;
  /** With a tied head, `lm_head` is the same view as `embed_tokens`. */
  readonly tensors: Readonly<Record<TensorName, Floats>>;
}

export function createParameters(config: LlamaConfig, make: MakeFloats): Parameters {
  const own = TENSOR_NAMES.filter((name) => !(config.tiedHead && name === 'lm_head'));
  const sizes = own.map((name) => elementCount(tensorShape(config, name)));
  const values = make(sizes.reduce((sum, size) => sum + size, 0));
  const tensors: Partial<Record<TensorName, Floats>> = {};
  let begin = 0;
  own.forEach((name, i) => {
    tensors[name] = values.subarray(begin, begin + sizes[i]!);
    begin += sizes[i]!;
  });
  if (config.tiedHead) tensors.lm_head = tensors.embed_tokens!;
  return { config, values, tensors: tensors as Record<TensorName, Floats> };
}

/** One layer's part of a tensor that holds all layers. */
export function layerView({ config, tensors }: Parameters, name: TensorName, index: number): Floats {
  const tensor = tensors[name];
  const size = tensor.length / config.layers;
  return tensor.subarray(index * size, (index + 1) * size);
}

/**
 * Starting values: norms 1, embeddings from a normal distribution of deviation 0.1, matrices of deviation 1/sqrt(columns),
 * those that write back to the residual stream divided by sqrt(2 * layers) besides.
 */
export function initialize({ config, tensors }: Parameters, choices: Choices): void {
  for (const name of TENSOR_NAMES) {
    if (config.tiedHead && name === 'lm_head') continue;
    if (name.includes('norm')) tensors[name].fill(1);
    else fillNormal(tensors[name], deviation(config, name), choices);
  }
}

function deviation(config: LlamaConfig, name: TensorName): number {
  const columns = tensorShape(config, name).at(-1)!;
  if (name === 'embed_tokens') return 0.1;
  if (name === 'o_proj' || name === 'down_proj') return 1 / Math.sqrt(columns * 2 * config.layers);
  return 1 / Math.sqrt(columns);
}

/** Normally distributed values (Box and Muller 1958). */
function fillNormal(out: Floats, scale: number, choices: Choices): void {
  for (let i = 0; i < out.length; i++) {
    const radius = Math.sqrt(-2 * log(1 - choices.uniform()));
    const [, cos] = sinCos(6.283185307179586 * choices.uniform());
    out[i] = scale * radius * cos;
  }
}
