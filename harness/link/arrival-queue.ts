/** A read or write that ended because the port was closed: serialport's stream swallows it. */
export class CanceledError extends Error {
  override readonly name = 'CanceledError';
  readonly canceled = true;
}

interface Arrival {
  readonly bytes: Uint8Array;
  readonly stampUs: number;
}

interface PendingRead {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly length: number;
  resolve(result: ReadResult): void;
  reject(error: Error): void;
}

export interface ReadResult {
  readonly buffer: Buffer;
  readonly bytesRead: number;
}

/**
 * What came over a link and was not read yet, and the one read that waits for it. Each read gives bytes of one arrival
 * only, so that every byte keeps its stamp.
 */
export class ArrivalQueue {
  #arrivals: Arrival[] = [];
  #pending: PendingRead | undefined;
  #lost: Error | undefined;
  #latestUs = 0;

  /** The stamp of the latest read's bytes; 0 before the first. */
  get latestUs(): number {
    return this.#latestUs;
  }

  push(bytes: Uint8Array, stampUs: number): void {
    this.#arrivals.push({ bytes, stampUs });
    this.#serve();
  }

  /** Resolves with 1 to `length` bytes. Fails with what `end` said, once all that came before is read. */
  async read(buffer: Buffer, offset: number, length: number): Promise<ReadResult> {
    if (buffer.length < offset + length) throw new Error('buffer is too small');
    if (this.#lost !== undefined && this.#arrivals.length === 0) throw this.#lost;
    return new Promise((resolve, reject) => {
      this.#pending = { buffer, offset, length, resolve, reject };
      this.#serve();
    });
  }

  /** Forgets what was not read. */
  clear(): void {
    this.#arrivals = [];
  }

  /** Nothing comes any more. The first reason counts. */
  end(reason: Error): void {
    this.#lost ??= reason;
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(this.#lost);
  }

  /** The port was closed: a read that waits is cancelled. */
  cancel(): void {
    this.clear();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(new CanceledError('Port is not open'));
  }

  #serve(): void {
    const { 0: arrival } = this.#arrivals;
    const pending = this.#pending;
    if (arrival === undefined || pending === undefined) return;
    this.#pending = undefined;
    const bytes = arrival.bytes.subarray(0, pending.length);
    pending.buffer.set(bytes, pending.offset);
    if (bytes.length === arrival.bytes.length) this.#arrivals.shift();
    else this.#arrivals[0] = { ...arrival, bytes: arrival.bytes.subarray(bytes.length) };
    this.#latestUs = arrival.stampUs;
    pending.resolve({ buffer: pending.buffer, bytesRead: bytes.length });
  }
}
