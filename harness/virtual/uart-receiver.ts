export interface ReceiverShape {
  readonly fifoBytes: number;
  /** The driver's ring buffer in RAM. */
  readonly ringBytes: number;
  /** The FIFO is emptied into the ring when it holds this many bytes ... */
  readonly fullThresholdBytes: number;
  /** ... or when the line was idle for this many characters. */
  readonly idleSymbols: number;
  /** The FIFO overflowed, and this many bytes are lost with it. */
  onOverrun(droppedBytes: number): void;
}

interface Arrival {
  readonly byte: number;
  readonly atUs: number;
  readonly byteUs: number;
}

/**
 * The receiving half of the board's UART as ESP-IDF's driver runs it: wire -> hardware FIFO -> ring buffer -> reader.
 * A full ring leaves bytes in the FIFO; a byte that meets a full FIFO is lost, and the driver then clears the FIFO, so
 * all of it is lost with that byte. Pure: the caller says what time it is.
 */
export class UartReceiver {
  readonly #shape: ReceiverShape;
  #wire: Arrival[] = [];
  #wireFreeUs = 0;
  #fifo: number[] = [];
  #ring: number[] = [];
  #idleAtUs: number | undefined;
  #moveDue = false;

  constructor(shape: ReceiverShape) {
    this.#shape = shape;
  }

  /** Bytes that `read` would give now. */
  get availableBytes(): number {
    return this.#ring.length;
  }

  /** Puts characters on the wire from `startUs` on, or behind those that are on it already. */
  admit(bytes: Uint8Array, startUs: number, byteUs: number): void {
    let atUs = Math.max(startUs, this.#wireFreeUs);
    for (const byte of bytes) {
      atUs += byteUs;
      this.#wire.push({ byte, atUs, byteUs });
    }
    this.#wireFreeUs = atUs;
  }

  /** Lets everything happen that is due by `nowUs`. */
  advanceTo(nowUs: number): void {
    let taken = 0;
    for (const arrival of this.#wire) {
      if (arrival.atUs > nowUs) break;
      this.#idle(arrival.atUs);
      this.#arrive(arrival);
      taken += 1;
    }
    if (taken > 0) this.#wire.splice(0, taken);
    this.#idle(nowUs);
  }

  /** When something next happens by itself; absent when the line is quiet and nothing is due. */
  nextEventUs(): number | undefined {
    const arrivalUs = this.#wire[0]?.atUs;
    if (this.#idleAtUs === undefined) return arrivalUs;
    return arrivalUs === undefined ? this.#idleAtUs : Math.min(arrivalUs, this.#idleAtUs);
  }

  /** Up to `capacity` bytes out of the ring; what waited in the FIFO for room moves up. */
  read(capacity: number): Uint8Array {
    const bytes = Uint8Array.from(this.#ring.splice(0, capacity));
    if (this.#moveDue) this.#moveToRing();
    return bytes;
  }

  #arrive(arrival: Arrival): void {
    if (this.#fifo.length >= this.#shape.fifoBytes) {
      this.#overrun();
      return;
    }
    this.#fifo.push(arrival.byte);
    this.#idleAtUs = arrival.atUs + this.#shape.idleSymbols * arrival.byteUs;
    if (this.#fifo.length >= this.#shape.fullThresholdBytes) this.#moveToRing();
  }

  #overrun(): void {
    this.#shape.onOverrun(this.#fifo.length + 1);
    this.#fifo = [];
    this.#idleAtUs = undefined;
    this.#moveDue = false;
  }

  #idle(nowUs: number): void {
    if (this.#idleAtUs === undefined || this.#idleAtUs > nowUs) return;
    this.#idleAtUs = undefined;
    this.#moveToRing();
  }

  #moveToRing(): void {
    const room = this.#shape.ringBytes - this.#ring.length;
    this.#ring.push(...this.#fifo.splice(0, room));
    this.#moveDue = this.#fifo.length > 0;
  }
}
