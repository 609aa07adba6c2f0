import { createHash } from 'node:crypto';
import { sectorBytes } from '../flash-chip.js';
import { type PacketExchange, wordsOf } from './protocol.js';
import type { LoaderState } from './state.js';

/** Words of READ_FLASH. */
export interface ReadRequest {
  readonly offset: number;
  readonly bytes: number;
  /** Of one packet. */
  readonly blockBytes: number;
  /** Bytes that may be under way without an acknowledgement; a packet more is sent as long as there are fewer. */
  readonly windowBytes: number;
}

/**
 * The stub's READ_FLASH after its answer: packets of data as long as the window lasts, each acknowledged by the host
 * with the number of bytes it has so far; then 16 bytes of MD5 over all that was sent.
 */
export class StubFlashRead implements PacketExchange {
  readonly #state: LoaderState;
  readonly #request: ReadRequest;
  readonly #send: (packet: Uint8Array) => void;
  readonly #md5 = createHash('md5');
  #sentBytes = 0;

  constructor(state: LoaderState, request: ReadRequest, send: (packet: Uint8Array) => void) {
    this.#state = state;
    this.#request = request;
    this.#send = send;
  }

  /** The stub has a buffer of one sector, and says nothing at all to larger blocks. */
  static fits({ offset, bytes, blockBytes }: ReadRequest, flashBytes: number): boolean {
    return blockBytes > 0 && blockBytes <= sectorBytes && offset + bytes <= flashBytes;
  }

  begin(): boolean {
    this.#sendWindow(0);
    if (this.#request.bytes > 0) return true;
    this.#finish();
    return false;
  }

  take(packet: Uint8Array): boolean {
    const [acknowledged] = wordsOf(packet);
    const valid = packet.length === 4 && acknowledged !== undefined && acknowledged <= this.#sentBytes;
    if (valid && acknowledged < this.#request.bytes) {
      this.#sendWindow(acknowledged);
      return true;
    }
    this.#finish();
    return false;
  }

  #sendWindow(acknowledgedBytes: number): void {
    const { offset, bytes, blockBytes, windowBytes } = this.#request;
    const { flash, advanceUs } = this.#state;
    while (this.#sentBytes < bytes && this.#sentBytes - acknowledgedBytes < windowBytes) {
      const block = flash.read(offset + this.#sentBytes, Math.min(blockBytes, bytes - this.#sentBytes));
      advanceUs(block.length * flash.times.md5UsPerByte);
      this.#send(block);
      this.#md5.update(block);
      this.#sentBytes += block.length;
    }
  }

  #finish(): void {
    this.#send(new Uint8Array(this.#md5.digest()));
  }
}
