import type { BindingInterface } from '@serialport/bindings-cpp';
import { type OpenOptions, SerialPortStream } from '@serialport/stream';

interface StampedLength {
  bytesLeft: number;
  readonly arrivalUs: number;
}

/** A serialport stream that knows when the bytes of its latest `data` event arrived. */
export class LinkStream extends SerialPortStream<BindingInterface> {
  readonly #stampUs: () => number;
  readonly #waiting: StampedLength[] = [];
  #arrivalUs = 0;

  /** `stampUs` is asked as each piece comes in from the port. */
  constructor(options: OpenOptions<BindingInterface>, stampUs: (stream: LinkStream) => number) {
    super({ ...options, autoOpen: false });
    this.#stampUs = () => stampUs(this);
  }

  /** Of the last byte of the latest `data` event; 0 before the first. */
  get arrivalUs(): number {
    return this.#arrivalUs;
  }

  override push(chunk: Buffer | null): boolean {
    if (chunk !== null) this.#waiting.push({ bytesLeft: chunk.length, arrivalUs: this.#stampUs() });
    return super.push(chunk);
  }

  // Every way of reading, flowing or not, passes here.
  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'data') this.#consume((args[0] as Buffer).length);
    return super.emit(event, ...args);
  }

  #consume(bytes: number): void {
    for (let left = bytes; left > 0 && this.#waiting[0] !== undefined; ) {
      const [oldest] = this.#waiting as [StampedLength];
      const taken = Math.min(left, oldest.bytesLeft);
      left -= taken;
      oldest.bytesLeft -= taken;
      this.#arrivalUs = oldest.arrivalUs;
      if (oldest.bytesLeft === 0) this.#waiting.shift();
    }
  }
}
