import { ConfigError } from '../errors.js';
import type { Checkpoint, LlamaConfig } from '../model/checkpoint.js';
import { f32, LARGEST_ANGLE, rsqrt } from './float32-math.js';
import { accumulate, dot, gateUp, multiply, rmsNorm, softmax } from './kernels.js';
import { createKvCache, type KvCache, store } from './kv-cache.js';
import { type LayerWeights, layerWeights } from './layer-weights.js';
import { type Rotation, ropeFrequencies, rotateHeads, rotationAt } from './rope.js';

/**
 * The host's own forward pass: the arithmetic of firmware/FORMATS.md to the bit, written from that page alone, so that it
 * and the firmware check each other. It remembers keys and values of the positions it has seen.
 */
export interface Oracle {
  readonly config: LlamaConfig;
  /** Name of the checkpoint, for messages. */
  readonly name: string;
  /** Positions that fit. */
  readonly contextLength: number;
  /**
   * Logits (vocab) of what follows `token` at `position`. They belong to the oracle and are valid until its next call.
   * @throws RangeError when the token is not in the vocabulary, or a position before this one was never given
   */
  forward(token: number, position: number): Float32Array;
  /** `forward` without the head, for tokens whose logits nobody asks for. */
  advance(token: number, position: number): void;
  /** Forgets every position. */
  reset(): void;
}

/** @throws ConfigError `context-size` when no sequence of `contextLength` positions can be computed */
export function createOracle(checkpoint: Checkpoint, options: { readonly contextLength: number }): Oracle {
  requireContext(checkpoint.name, options.contextLength);
  return new ForwardPass(checkpoint, options.contextLength);
}

function requireContext(name: string, contextLength: number): void {
  if (Number.isInteger(contextLength) && contextLength >= 1 && contextLength <= LARGEST_ANGLE + 1) return;
  const message = `the context of ${name} cannot be ${contextLength} positions: give a whole number from 1 to ${LARGEST_ANGLE + 1}`;
  throw new ConfigError('context-size', message, { contextLength });
}

class ForwardPass implements Oracle {
  readonly config: LlamaConfig;
  readonly name: string;
  readonly contextLength: number;
  readonly #tensors: Checkpoint['tensors'];
  readonly #layers: readonly LayerWeights[];
  readonly #caches: readonly KvCache[];
  readonly #frequencies: Float32Array;
  readonly #eps: number;
  readonly #scale: number;
  /** Positions whose keys and values are in the caches. */
  #filled = 0;

  /** (hidden): the residual stream, its normalized copy, and what a block adds to it. */
  readonly #x: Float32Array;
  readonly #h: Float32Array;
  readonly #added: Float32Array;
  /** (heads * headSize): queries, and the heads' outputs. */
  readonly #q: Float32Array;
  readonly #attended: Float32Array;
  /** (kvHeads * headSize) */
  readonly #k: Float32Array;
  readonly #v: Float32Array;
  /** (contextLength) */
  readonly #scores: Float32Array;
  /** (ffn) */
  readonly #gate: Float32Array;
  readonly #up: Float32Array;
  /** (vocab) */
  readonly #logits: Float32Array;

  constructor(checkpoint: Checkpoint, contextLength: number) {
    const { config, name, tensors } = checkpoint;
    const { hiddenSize, ffnSize, heads, kvHeads, headSize, vocabSize } = config;
    this.config = config;
    this.name = name;
    this.contextLength = contextLength;
    this.#tensors = tensors;
    this.#layers = layerWeights(checkpoint);
    this.#caches = this.#layers.map(() => createKvCache(config, contextLength));
    this.#frequencies = ropeFrequencies(headSize, config.ropeTheta);
    this.#eps = f32(config.rmsNormEps);
    this.#scale = rsqrt(headSize);
    this.#x = new Float32Array(hiddenSize);
    this.#h = new Float32Array(hiddenSize);
    this.#added = new Float32Array(hiddenSize);
    this.#q = new Float32Array(heads * headSize);
    this.#attended = new Float32Array(heads * headSize);
    this.#k = new Float32Array(kvHeads * headSize);
    this.#v = new Float32Array(kvHeads * headSize);
    this.#scores = new Float32Array(contextLength);
    this.#gate = new Float32Array(ffnSize);
    this.#up = new Float32Array(ffnSize);
    this.#logits = new Float32Array(vocabSize);
  }

  reset(): void {
    this.#filled = 0;
  }

  forward(token: number, position: number): Float32Array {
    this.advance(token, position);
    rmsNorm(this.#h, this.#x, this.#tensors.final_norm, this.#eps);
    multiply(this.#logits, this.#tensors.lm_head, this.#h);
    return this.#logits;
  }

  advance(token: number, position: number): void {
    this.#requirePlace(token, position);
    const { hiddenSize } = this.config;
    this.#x.set(this.#tensors.embed_tokens.subarray(token * hiddenSize, (token + 1) * hiddenSize));
    const rotation = rotationAt(position, this.#frequencies);
    for (const [index, weights] of this.#layers.entries()) {
      this.#attention(weights, this.#caches[index]!, position, rotation);
      this.#mlp(weights);
    }
    this.#filled = position + 1;
  }

  #attention(weights: LayerWeights, cache: KvCache, position: number, rotation: Rotation): void {
    rmsNorm(this.#h, this.#x, weights.norm1, this.#eps);
    multiply(this.#q, weights.q, this.#h);
    multiply(this.#k, weights.k, this.#h);
    multiply(this.#v, weights.v, this.#h);
    rotateHeads(this.#q, rotation);
    rotateHeads(this.#k, rotation);
    store(cache, position, this.#k, this.#v);
    for (let head = 0; head < this.config.heads; head++) this.#attend(cache, head, position + 1);
    multiply(this.#added, weights.o, this.#attended);
    accumulate(this.#x, this.#added);
  }

  /** One query head over the first `count` positions of its key-value head. */
  #attend({ keys, values }: KvCache, head: number, count: number): void {
    const { heads, kvHeads, headSize } = this.config;
    const kvHead = Math.floor(head / (heads / kvHeads));
    const start = kvHead * this.contextLength * headSize;
    for (let t = 0; t < count; t++) {
      const score = dot(this.#q, keys, headSize, head * headSize, start + t * headSize);
      this.#scores[t] = f32(score * this.#scale);
    }
    softmax(this.#scores, count);
    for (let d = 0; d < headSize; d++) {
      this.#attended[head * headSize + d] = dot(
        this.#scores,
        values,
        count,
        0,
        start + d * this.contextLength,
      );
    }
  }

  #mlp(weights: LayerWeights): void {
    rmsNorm(this.#h, this.#x, weights.norm2, this.#eps);
    multiply(this.#gate, weights.gate, this.#h);
    multiply(this.#up, weights.up, this.#h);
    gateUp(this.#gate, this.#up);
    multiply(this.#added, weights.down, this.#gate);
    accumulate(this.#x, this.#added);
  }

  #requirePlace(token: number, position: number): void {
    if (!Number.isInteger(token) || token < 0 || token >= this.config.vocabSize) {
      throw new RangeError(
        `token ${token} is not in the vocabulary of ${this.name} (${this.config.vocabSize})`,
      );
    }
    if (
      !Number.isInteger(position) ||
      position < 0 ||
      position > this.#filled ||
      position >= this.contextLength
    ) {
      const known = `${this.#filled} of ${this.contextLength} positions are filled`;
      throw new RangeError(`position ${position} cannot come next in ${this.name}: ${known}`);
    }
  }
}
