import type { Checkpoint } from '../../model/checkpoint.js';
import type { MatrixName, PackedModel, PackedTensor } from '../../model/packed-model.js';
import type { ForwardExports, ForwardMemory } from './forward-memory.js';
import { type LoadedMatrix, loadedMatrix, unpackedMatrix } from './loaded-matrix.js';

/** Slots of forward.c. */
const LAYER_SLOTS = [
  'q_proj',
  'k_proj',
  'v_proj',
  'o_proj',
  'gate_proj',
  'up_proj',
  'down_proj',
] as const satisfies readonly MatrixName[];
const SLOT_NAMES: readonly MatrixName[] = [...LAYER_SLOTS, 'embed_tokens', 'lm_head'];

/** One matrix (of all its layers) in the place of a model's own. */
export interface ExchangedMatrix {
  readonly matrix: MatrixName;
  readonly tensor: PackedTensor;
}

interface Place {
  readonly loaded: Pick<LoadedMatrix, 'kind' | 'rows' | 'stride' | 'groups'>;
  readonly values: number;
  readonly scales: number;
}

/** A model's matrices in the module's memory, of which one at a time stands back for another. */
export class MatrixSlots {
  readonly #wasm: ForwardExports;
  readonly #memory: ForwardMemory;
  readonly #model: Checkpoint | PackedModel;
  /** The model's own, by layer. */
  readonly #own = new Map<MatrixName, readonly Place[]>();
  #exchanged: MatrixName | undefined;
  #spare = { address: 0, bytes: 0 };

  /** @throws RangeError when memory is out */
  constructor(model: Checkpoint | PackedModel, memory: ForwardMemory, wasm: ForwardExports) {
    this.#model = model;
    this.#memory = memory;
    this.#wasm = wasm;
    for (const name of SLOT_NAMES) if (!this.#isSharedHead(name)) this.#load(name);
  }

  /**
   * Puts a tensor in the place of the model's own, and back what stood there for another before. All take the same room, which grows with the largest.
   * @throws RangeError for a tensor of another shape, and when memory is out
   */
  exchange({ matrix, tensor }: ExchangedMatrix): void {
    this.restore();
    const own = this.#own.get(matrix);
    const { layers } = tensor;
    const like = own?.[0]?.loaded;
    const first = unpackedMatrix(tensor, 0);
    if (own?.length !== layers || like?.rows !== first.rows || like.stride !== first.stride)
      throw new RangeError(`the model has no ${matrix} of this shape`);
    const [valueBytes, scaleBytes] = [rounded(first.values.byteLength), rounded(first.scales.byteLength)];
    let address = this.#room(layers * (valueBytes + scaleBytes));
    for (let layer = 0; layer < layers; layer++) {
      const loaded = layer === 0 ? first : unpackedMatrix(tensor, layer);
      const place = { loaded, values: address, scales: address + valueBytes };
      this.#memory.putAt(place.values, loaded.values);
      this.#memory.putAt(place.scales, loaded.scales);
      this.#set(matrix, layer, place);
      address += valueBytes + scaleBytes;
    }
    this.#exchanged = matrix;
  }

  /** The model is its own again. */
  restore(): void {
    const matrix = this.#exchanged;
    this.#exchanged = undefined;
    if (matrix === undefined) return;
    for (const [layer, place] of this.#own.get(matrix)!.entries()) this.#set(matrix, layer, place);
  }

  #load(name: MatrixName): void {
    const { layers } = this.#model.config;
    const count = (LAYER_SLOTS as readonly MatrixName[]).includes(name) ? layers : 1;
    const places = Array.from({ length: count }, (_, layer) => {
      const { values, scales, ...loaded } = loadedMatrix(this.#model, name, layer);
      return { loaded, values: this.#memory.put(values), scales: this.#memory.floats(scales) };
    });
    this.#own.set(name, places);
    for (const [layer, place] of places.entries()) this.#set(name, layer, place);
  }

  #set(name: MatrixName, layer: number, { loaded, values, scales }: Place): void {
    const { kind, rows, stride, groups } = loaded;
    this.#wasm.set_matrix(SLOT_NAMES.indexOf(name), layer, kind, rows, stride, groups, values, scales);
    if (name === 'embed_tokens' && this.#isSharedHead('lm_head')) this.#wasm.share_head();
  }

  #isSharedHead(name: MatrixName): boolean {
    return name === 'lm_head' && this.#model.config.tiedHead;
  }

  #room(bytes: number): number {
    if (bytes > this.#spare.bytes) this.#spare = { address: this.#memory.room(bytes), bytes };
    return this.#spare.address;
  }
}

function rounded(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
