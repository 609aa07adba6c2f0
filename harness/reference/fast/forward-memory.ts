/** What forward.c exports. Addresses are bytes from the start of its memory. */
export interface ForwardExports {
  readonly memory: WebAssembly.Memory;
  /** 0 when there is no more. */
  alloc(bytes: number): number;
  configure(
    hidden: number,
    ffn: number,
    layers: number,
    heads: number,
    kvHeads: number,
    head: number,
    vocab: number,
    context: number,
    batch: number,
    eps: number,
  ): void;
  set_matrix(
    slot: number,
    layer: number,
    kind: number,
    rows: number,
    stride: number,
    groups: number,
    values: number,
    scales: number,
  ): void;
  /** From now on sums up what goes into a site: its upper triangle (size, size) and its magnitudes (size), binary64. */
  look_at(layer: number, site: number, gram: number, magnitudes: number): void;
  /** The head is the embedding. */
  share_head(): void;
  set_norms(layer: number, norm1: number, norm2: number): void;
  /** Address of the logits (batch, vocab); 0 when there is no more memory. */
  prepare(finalNorm: number, frequencies: number): number;
  forward(tokens: number, first: number, count: number, head: number): void;
}

/** Puts arrays into the module's memory, which grows and is never given back but with the module. */
export class ForwardMemory {
  constructor(private readonly wasm: ForwardExports) {}

  /** @throws RangeError when there is no more */
  room(bytes: number): number {
    const address = this.wasm.alloc(bytes);
    if (address === 0) throw new RangeError('no more memory');
    return address;
  }

  put(array: Float32Array | Int16Array): number {
    const address = this.room(array.byteLength);
    this.putAt(address, array);
    return address;
  }

  /** Into room that is there. */
  putAt(address: number, array: Float32Array | Int16Array): void {
    new Uint8Array(this.wasm.memory.buffer, address, array.byteLength).set(
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
  }

  floats(array: Float32Array): number {
    return this.put(array);
  }

  putInts(address: number, values: readonly number[]): void {
    new Int32Array(this.wasm.memory.buffer, address, values.length).set(values);
  }

  viewDoubles(address: number, length: number): Float64Array {
    return new Float64Array(this.wasm.memory.buffer, address, length);
  }

  viewFloats(address: number, length: number): Float32Array {
    return new Float32Array(this.wasm.memory.buffer, address, length);
  }
}
