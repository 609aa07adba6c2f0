import { ConfigError } from '../errors.js';
import type { Checkpoint, LlamaConfig } from '../model/checkpoint.js';
import type { PackedModel } from '../model/packed-model.js';
import { Activation } from './activation.js';
import { f32, LARGEST_ANGLE, rsqrt } from './float32-math.js';
import { accumulate, dot, gateUp, rmsNorm, softmax } from './kernels.js';
import { createKvCache, type KvCache, store } from './kv-cache.js';
import { type LayerWeights, type ModelWeights, modelWeights } from './model-weights.js';
import { type Rotation, ropeFrequencies, rotateHeads, rotationAt } from './rope.js';

/**
 * The host's own forward pass: the arithmetic of firmware/FORMATS.md to the bit, written from that page alone, so that it
 * and the firmware check each other. It remembers keys and values of the positions it has seen.
 */
export interface Oracle {
  readonly config: LlamaConfig;
  /** Name of the model, for messages. */
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
  /**
   * The normalized vector (hidden) that the last `forward` multiplied the head with. It belongs to the oracle; the next
   * `forward` overwrites it, `advance` leaves it alone.
   * @throws RangeError when there was no `forward` since the oracle was made or reset
   */
  hidden(): Float32Array;
  /** Forgets every position. */
  reset(): void;
}

/**
 * An oracle for a float32 checkpoint, or for a model with its matrices as a card holds them, in any weight format.
 * @throws ConfigError `context-size` when no sequence of `contextLength` positions can be computed; `bad-scale`
 */
export function createOracle(
  model: Checkpoint | PackedModel,
  options: { readonly contextLength: number },
): Oracle {
  requireContext(model.name, options.contextLength);
  return new ForwardPass(model, options.contextLength);
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
  readonly #weights: ModelWeights;
  readonly #caches: readonly KvCache[];
  readonly #frequencies: Float32Array;
  readonly #eps: number;
  readonly #scale: number;
  /** Positions whose keys and values are in the caches. */
  #filled = 0;
  #hasHidden = false;

  /** (hidden): the residual stream, its normalized copy, and what a block adds to it. */
  readonly #x: Float32Array;
  readonly #h: Float32Array;
  readonly #added: Float32Array;
  /** (hidden): what the head is multiplied with. */
  readonly #hidden: Float32Array;
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

  constructor(model: Checkpoint | PackedModel, contextLength: number) {
    const { config, name } = model;
    const { hiddenSize, ffnSize, heads, kvHeads, headSize, vocabSize } = config;
    this.config = config;
    this.name = name;
    this.contextLength = contextLength;
    this.#weights = modelWeights(model);
    this.#caches = this.#weights.layers.map(() => createKvCache(config, contextLength));
    this.#frequencies = ropeFrequencies(headSize, config.ropeTheta);
    this.#eps = f32(config.rmsNormEps);
    this.#scale = rsqrt(headSize);
    this.#x = new Float32Array(hiddenSize);
    this.#h = new Float32Array(hiddenSize);
    this.#added = new Float32Array(hiddenSize);
    this.#hidden = new Float32Array(hiddenSize);
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
    this.#hasHidden = false;
  }

  hidden(): Float32Array {
    if (this.#hasHidden) return this.#hidden;
    throw new RangeError(`${this.name} has no final vector yet: call forward first`);
  }

  forward(token: number, position: number): Float32Array {
    this.advance(token, position);
    rmsNorm(this.#hidden, this.#x, this.#weights.finalNorm, this.#eps);
    this.#weights.head.multiply(this.#logits, new Activation(this.#hidden));
    this.#hasHidden = true;
    return this.#logits;
  }

  advance(token: number, position: number): void {
    this.#requirePlace(token, position);
    this.#weights.embedding.row(token, this.#x);
    const rotation = rotationAt(position, this.#frequencies);
    for (const [index, weights] of this.#weights.layers.entries()) {
      this.#attention(weights, this.#caches[index]!, position, rotation);
      this.#mlp(weights);
    }
    this.#filled = position + 1;
  }

  #attention(weights: LayerWeights, cache: KvCache, position: number, rotation: Rotation): void {
    rmsNorm(this.#h, this.#x, weights.norm1, this.#eps);
    const h = new Activation(this.#h);
    weights.q.multiply(this.#q, h);
    weights.k.multiply(this.#k, h);
    weights.v.multiply(this.#v, h);
    rotateHeads(this.#q, rotation);
    rotateHeads(this.#k, rotation);
    store(cache, position, this.#k, this.#v);
    for (let head = 0; head < this.config.heads; head++) this.#attend(cache, head, position + 1);
    weights.o.multiply(this.#added, new Activation(this.#attended));
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
    const h = new Activation(this.#h);
    weights.gate.multiply(this.#gate, h);
    weights.up.multiply(this.#up, h);
    gateUp(this.#gate, this.#up);
    weights.down.multiply(this.#added, new Activation(this.#gate));
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
