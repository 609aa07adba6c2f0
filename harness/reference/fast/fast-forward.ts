import { ConfigError } from '../../errors.js';
import type { Checkpoint, LlamaConfig, TensorName } from '../../model/checkpoint.js';
import type { PackedModel } from '../../model/packed-model.js';
import { f32 } from '../float32-math.js';
import { ropeFrequencies } from '../rope.js';
import { compileForward } from './compile-forward.js';
import { type ForwardExports, ForwardMemory } from './forward-memory.js';
import { type ExchangedMatrix, MatrixSlots } from './matrix-slots.js';

/** Positions that one call computes together: each row of weights is then read once for all of them. */
const BATCH = 16;

/** What forward.c has room for. */
const MOST_LAYERS = 64;
const LARGEST_HEAD = 1024;

/**
 * The forward pass of firmware/FORMATS.md for many positions at once, in WebAssembly with SIMD: the same logits as the oracle's, bit for
 * bit, some hundred times as fast. Where a text's logits are not finite, which of its positions says so first may differ.
 */
export class FastForward {
  readonly config: LlamaConfig;
  readonly name: string;
  readonly contextLength: number;
  readonly #wasm: ForwardExports;
  readonly #memory: ForwardMemory;
  readonly #matrices: MatrixSlots;
  readonly #tokens: number;
  readonly #logits: number;

  private constructor(
    model: Checkpoint | PackedModel,
    contextLength: number,
    wasm: ForwardExports,
    matrices: MatrixSlots,
    addresses: { tokens: number; logits: number },
  ) {
    this.config = model.config;
    this.name = model.name;
    this.contextLength = contextLength;
    this.#wasm = wasm;
    this.#memory = new ForwardMemory(wasm);
    this.#matrices = matrices;
    this.#tokens = addresses.tokens;
    this.#logits = addresses.logits;
  }

  /** @throws ConfigError `model-too-large` when WebAssembly's memory has no room for it; `compile-failed` */
  static async create(
    model: Checkpoint | PackedModel,
    { contextLength }: { readonly contextLength: number },
  ): Promise<FastForward> {
    const { config, name } = model;
    if (config.layers > MOST_LAYERS || config.headSize > LARGEST_HEAD)
      throw new ConfigError(
        'model-too-large',
        `${name} is too large to be scored: ${config.layers} layers, heads of ${config.headSize}`,
      );
    const instance = new WebAssembly.Instance(new WebAssembly.Module(await compileForward()));
    const wasm = instance.exports as unknown as ForwardExports;
    const { hiddenSize, ffnSize, layers, heads, kvHeads, headSize, vocabSize, rmsNormEps } = config;
    wasm.configure(
      hiddenSize,
      ffnSize,
      layers,
      heads,
      kvHeads,
      headSize,
      vocabSize,
      contextLength,
      BATCH,
      f32(rmsNormEps),
    );
    const memory = new ForwardMemory(wasm);
    try {
      const matrices = new MatrixSlots(model, memory, wasm);
      const finalNorm = loadNorms(model, memory, wasm);
      const frequencies = memory.floats(ropeFrequencies(headSize, config.ropeTheta));
      const tokens = memory.room(4 * BATCH);
      const logits = wasm.prepare(finalNorm, frequencies);
      if (logits === 0) throw new RangeError('memory');
      return new FastForward(model, contextLength, wasm, matrices, { tokens, logits });
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new ConfigError('model-too-large', `${name} does not fit WebAssembly's memory`, { cause });
    }
  }

  /**
   * From now on the model has another tensor in the place of one of its own, and of that one only; without one it is its own again. A tied head is exchanged with
   * its embedding.
   * @throws RangeError for a tensor of another shape, and when memory is out
   */
  exchange(other?: ExchangedMatrix): void {
    if (other === undefined) this.#matrices.restore();
    else this.#matrices.exchange(other);
  }

  /**
   * Feeds `ids` from position 0 on and hands over the logits after each of them, in order.
   * @param onLogits the logits (vocab) belong to this object and are valid during the call only
   * @throws RangeError for a token that is not in the vocabulary, or more ids than the context holds
   */
  run(ids: readonly number[], onLogits: (position: number, logits: Float32Array) => void): void {
    for (const { first, logits } of this.batches(ids)) {
      for (const [i, one] of logits.entries()) onLogits(first + i, one);
    }
  }

  /** The same, some positions at a time. Logits are valid until the next step. */
  *batches(ids: readonly number[]): Generator<LogitsBatch> {
    this.#requireFitting(ids);
    const { vocabSize } = this.config;
    for (let first = 0; first < ids.length; first += BATCH) {
      const some = ids.slice(first, first + BATCH);
      this.#memory.putInts(this.#tokens, some);
      this.#wasm.forward(this.#tokens, first, some.length, 1);
      const logits = some.map((_, i) => this.#memory.viewFloats(this.#logits + 4 * i * vocabSize, vocabSize));
      yield { first, logits };
    }
  }

  /** The logits (vocab) after one token more; those of the positions before are as they were fed last. Valid until the next call. */
  step(id: number, position: number): Float32Array {
    this.#requireFitting([id]);
    if (position >= this.contextLength)
      throw new RangeError(`position ${position} does not fit ${this.contextLength} positions`);
    this.#memory.putInts(this.#tokens, [id]);
    this.#wasm.forward(this.#tokens, position, 1, 1);
    return this.#memory.viewFloats(this.#logits, this.config.vocabSize);
  }

  /** Sums up, from now on, what the matrices are multiplied with. Once. */
  observe(): ObservedSite[] {
    const { layers, hiddenSize, ffnSize, heads, headSize } = this.config;
    const sizes = [hiddenSize, heads * headSize, hiddenSize, ffnSize];
    const places = Array.from({ length: layers }, (_, layer) =>
      sizes.map((size, site) => ({ layer, site, size })),
    ).flat();
    return [...places, { layer: layers, site: 0, size: hiddenSize }].map(({ layer, site, size }) => {
      const gram = this.#memory.room(8 * size * size);
      const magnitudes = this.#memory.room(8 * size);
      this.#wasm.look_at(layer, site, gram, magnitudes);
      const read = () => ({
        gram: this.#memory.viewDoubles(gram, size * size).slice(),
        magnitudes: this.#memory.viewDoubles(magnitudes, size).slice(),
      });
      const reset = () => {
        this.#memory.viewDoubles(gram, size * size).fill(0);
        this.#memory.viewDoubles(magnitudes, size).fill(0);
      };
      return { layer, site, size, read, reset };
    });
  }

  /** `run` without the head, for `observe` alone. */
  advance(ids: readonly number[]): void {
    this.#requireFitting(ids);
    for (let first = 0; first < ids.length; first += BATCH) {
      const some = ids.slice(first, first + BATCH);
      this.#memory.putInts(this.#tokens, some);
      this.#wasm.forward(this.#tokens, first, some.length, 0);
    }
  }

  #requireFitting(ids: readonly number[]): void {
    const { vocabSize } = this.config;
    const stranger = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (stranger !== undefined)
      throw new RangeError(`token ${stranger} is not in the vocabulary of ${this.name}`);
    if (ids.length > this.contextLength)
      throw new RangeError(`${ids.length} tokens do not fit ${this.contextLength} positions`);
  }
}

/** What goes into q, k, v (site 0), o (1), gate and up (2) or down (3) of a layer; site 0 of one layer more goes into the head. */
export interface ObservedSite {
  readonly layer: number;
  readonly site: number;
  readonly size: number;
  /** Sums so far: of x x^T, the upper triangle of (size, size), and of |x|, (size). */
  read(): { readonly gram: Float64Array; readonly magnitudes: Float64Array };
  /** Begins the sums again. */
  reset(): void;
}

/** Logits (vocab) after the positions `first`, `first + 1`, ... */
export interface LogitsBatch {
  readonly first: number;
  readonly logits: readonly Float32Array[];
}

/** Puts all norms into memory; the final norm's address. */
function loadNorms(model: Checkpoint | PackedModel, memory: ForwardMemory, wasm: ForwardExports): number {
  for (let layer = 0; layer < model.config.layers; layer++)
    wasm.set_norms(layer, norm(model, memory, 'norm1', layer), norm(model, memory, 'norm2', layer));
  return norm(model, memory, 'final_norm', 0);
}

function norm(
  model: Checkpoint | PackedModel,
  memory: ForwardMemory,
  name: 'norm1' | 'norm2' | 'final_norm',
  layer: number,
): number {
  const values: Readonly<Record<TensorName, Float32Array>> | PackedModel['norms'] =
    'norms' in model ? model.norms : model.tensors;
  const { hiddenSize } = model.config;
  return memory.floats(values[name].subarray(layer * hiddenSize, (layer + 1) * hiddenSize));
}
