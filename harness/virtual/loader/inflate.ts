import { constants, inflateSync } from 'node:zlib';

/**
 * Inflates a zlib stream that comes in pieces, at once. Node has no synchronous inflater with state, so each piece is
 * inflated together with all before it: at most some tens of pieces in the stub's dialect, hundreds in the ROM's.
 */
export class Inflater {
  readonly #maxBytes: number;
  #compressed: Uint8Array = new Uint8Array(0);
  #producedBytes = 0;

  /** `maxBytes`: no more than this is ever inflated. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What `piece` adds to the output, or why the stream is broken. */
  push(piece: Uint8Array): Uint8Array | 'bad-data' | 'bad-adler32' {
    this.#compressed = Buffer.concat([this.#compressed, piece]);
    try {
      const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: this.#maxBytes };
      const all = inflateSync(this.#compressed, options);
      const added = new Uint8Array(all.subarray(this.#producedBytes));
      this.#producedBytes = all.length;
      return added;
    } catch (error) {
      // zlib's own words for an Adler-32 that does not match.
      return String(error).includes('incorrect data check') ? 'bad-adler32' : 'bad-data';
    }
  }
}
