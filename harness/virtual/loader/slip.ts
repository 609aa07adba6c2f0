const endByte = 0xc0;
const escapeByte = 0xdb;
const escapedEnd = 0xdc;
const escapedEscape = 0xdd;

/** One SLIP frame around `packet` (RFC 1055, with a delimiter on both sides as Espressif's loaders send it). */
export function slipEncode(packet: Uint8Array): Uint8Array {
  const out: number[] = [endByte];
  for (const byte of packet) {
    if (byte === endByte) out.push(escapeByte, escapedEnd);
    else if (byte === escapeByte) out.push(escapeByte, escapedEscape);
    else out.push(byte);
  }
  out.push(endByte);
  return Uint8Array.from(out);
}

/**
 * Takes frames out of a byte stream that comes in pieces of any size. Bytes between frames, empty frames, frames
 * with a wrong escape and frames longer than `maxBytes` are dropped without a word, as the loaders do.
 */
export class SlipDecoder {
  readonly #packet: Uint8Array;
  #length = 0;
  #state: 'outside' | 'inside' | 'escaped' | 'bad' = 'outside';

  constructor(maxBytes: number) {
    this.#packet = new Uint8Array(maxBytes);
  }

  /** The packets that `bytes` complete. They are copies. */
  push(bytes: Uint8Array): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (const byte of bytes) {
      if (byte === endByte) {
        if (this.#state === 'inside' && this.#length > 0) packets.push(this.#packet.slice(0, this.#length));
        // The delimiter that ends one frame may also begin the next one.
        this.#state = this.#state === 'inside' && this.#length > 0 ? 'outside' : 'inside';
        this.#length = 0;
      } else {
        this.#take(byte);
      }
    }
    return packets;
  }

  #take(byte: number): void {
    if (this.#state === 'outside' || this.#state === 'bad') return;
    if (this.#state === 'escaped') {
      if (byte === escapedEnd) this.#append(endByte);
      else if (byte === escapedEscape) this.#append(escapeByte);
      else this.#state = 'bad';
    } else if (byte === escapeByte) this.#state = 'escaped';
    else this.#append(byte);
  }

  #append(byte: number): void {
    if (this.#length === this.#packet.length) {
      this.#state = 'bad';
      return;
    }
    this.#state = 'inside';
    this.#packet[this.#length++] = byte;
  }
}
