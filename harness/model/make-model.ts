import { ConfigError } from '../errors.js';
import { checkConfig } from './check-config.js';
import {
  type Checkpoint,
  elementCount,
  type LlamaConfig,
  TENSOR_NAMES,
  type TensorName,
  tensorShape,
} from './checkpoint.js';
import { randomBits } from './random-bits.js';

/** Tiny-LLM's shape (arnir0/Tiny-LLM, config.json): 12,988,992 parameters. */
export const TINY_LLM: LlamaConfig = {
  hiddenSize: 192,
  ffnSize: 1024,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headSize: 96,
  vocabSize: 32000,
  contextLength: 1024,
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  tiedHead: false,
  bosId: 1,
  eosIds: [2],
};

/** Shapes known by name to `tokenrack model make`. */
export const NAMED_SHAPES: Readonly<Record<string, LlamaConfig>> = { 'tiny-llm': TINY_LLM };

/**
 * A model of an exact shape with seeded, bell-shaped weights: the same bits on every machine. It has learnt nothing, but
 * its activations keep a sensible scale, and its logits spread by about 3, so that greedy choices are clear.
 * @param shape a name of `NAMED_SHAPES`, or a shape
 * @throws ConfigError `model-unknown` for an unknown name, `model-config` for an impossible shape
 */
export function makeModel(shape: string | LlamaConfig, options: { readonly seed: number }): Checkpoint {
  const config = typeof shape === 'string' ? namedShape(shape) : shape;
  const path = `seed ${options.seed}`;
  checkConfig(config, path);
  const tensors = {} as Record<TensorName, Float32Array>;
  for (const [stream, name] of TENSOR_NAMES.entries()) {
    const tied = name === 'lm_head' && config.tiedHead;
    tensors[name] = tied ? tensors.embed_tokens : randomTensor(config, name, options.seed, stream);
  }
  const name = `${typeof shape === 'string' ? shape : 'random'}-${options.seed}`;
  return { name, config, tensors, source: { path, format: 'seeded', dtype: 'float32' } };
}

function namedShape(name: string): LlamaConfig {
  const shape = Object.hasOwn(NAMED_SHAPES, name) ? NAMED_SHAPES[name] : undefined;
  if (shape !== undefined) return shape;
  const known = Object.keys(NAMED_SHAPES).join(', ');
  throw new ConfigError(
    'model-unknown',
    `no model shape is called ${JSON.stringify(name)}; known: ${known}`,
    { name },
  );
}

/** Standard deviation of the sum of four uniform 16-bit integers: sqrt((2^32 - 1) / 3). */
const SUM_DEVIATION = Math.sqrt((2 ** 32 - 1) / 3);
const SUM_MEAN = 2 * 0xffff;

function randomTensor(config: LlamaConfig, name: TensorName, seed: number, stream: number): Float32Array {
  const values = new Float32Array(elementCount(tensorShape(config, name)));
  const { mean, deviation } = distribution(config, name);
  const scale = deviation / SUM_DEVIATION;
  const next = randomBits(seed, stream);
  for (let i = 0; i < values.length; i++) {
    const a = next();
    const b = next();
    const sum = (a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16);
    values[i] = mean + (sum - SUM_MEAN) * scale;
  }
  return values;
}

/** Norms near 1 but never equal, so that a mix-up shows; matrices keep the variance of what they multiply. */
function distribution(
  config: LlamaConfig,
  name: TensorName,
): { readonly mean: number; readonly deviation: number } {
  const columns = tensorShape(config, name).at(-1)!;
  switch (name) {
    case 'norm1':
    case 'norm2':
    case 'final_norm':
      return { mean: 1, deviation: 0.1 };
    case 'embed_tokens':
      return { mean: 0, deviation: config.tiedHead ? 3 / Math.sqrt(columns) : 1 };
    case 'lm_head':
      return { mean: 0, deviation: 3 / Math.sqrt(columns) };
    default:
      return { mean: 0, deviation: 1 / Math.sqrt(columns) };
  }
}
