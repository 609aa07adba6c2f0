import type { SerialPortStream } from '@serialport/stream';
import { setLines } from './reset-lines.js';

/** The part of Web Serial's `SerialOutputSignals` that reset lines need. Absent: as it was. */
export interface SerialSignals {
  readonly dataTerminalReady?: boolean;
  readonly requestToSend?: boolean;
}

const brokenEscape = Uint8Array.of(0xdb, 0);

/**
 * An open SerialPortStream in the shape of a Web Serial port, for esptool-js. The port stays its owner's: `open` and
 * `close` only begin and end listening, and never touch the lines. With `setBaudRate`, which Web Serial lacks,
 * esptool-js changes the rate in place instead of closing and opening again, which would reset the board.
 */
export class WebSerialAdapter {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly #port: SerialPortStream;
  readonly #lines = { dtr: false, rts: false };
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #sentBytes = 0;
  #detach: (() => void) | undefined;
  #failure: Error | undefined;
  #rejectWrite: ((reason: Error) => void) | undefined;

  constructor(port: SerialPortStream) {
    this.#port = port;
  }

  async open({ baudRate }: { readonly baudRate: number }): Promise<void> {
    this.#checkUsable();
    await this.setBaudRate(baudRate);
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => this.#attach(controller),
      cancel: () => this.#detach?.(),
    });
    this.writable = new WritableStream<Uint8Array>({ write: (bytes) => this.#write(bytes) });
  }

  /**
   * Stops listening. When nobody else listens, the port is paused, and keeps what arrives for its owner to `resume()`.
   * Safe to call twice.
   */
  async close(): Promise<void> {
    this.#detach?.();
    // Without streams esptool-js would silently write nothing and wait; after a failure it must meet the error.
    if (this.#failure) return;
    this.readable = null;
    this.writable = null;
  }

  /**
   * Makes every later use fail with `reason`: esptool-js knows no abort, so this is how its work is cut short. A read
   * that it has under way would still wait for its own time limit, and ends at once on a broken SLIP escape.
   */
  fail(reason: Error): void {
    this.#failure ??= reason;
    this.#rejectWrite?.(reason);
    if (this.#detach) this.#controller?.enqueue(brokenEscape);
    this.#detach?.();
  }

  /** What was written to the port so far. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** The first thing that went wrong with the port, or what `fail` was given. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Sets what is given and keeps the rest. The port gets both lines each time, since serialport raises what is left out. */
  async setSignals({ dataTerminalReady, requestToSend }: SerialSignals): Promise<void> {
    this.#checkUsable();
    this.#lines.dtr = dataTerminalReady ?? this.#lines.dtr;
    this.#lines.rts = requestToSend ?? this.#lines.rts;
    await setLines(this.#port, this.#lines.dtr, this.#lines.rts);
  }

  async setBaudRate(baudRate: number): Promise<void> {
    this.#checkUsable();
    await updateBaudRate(this.#port, baudRate);
  }

  /** USB ids would only tell esptool-js of chips with USB of their own; an ESP32 has none. */
  getInfo(): { usbVendorId?: number; usbProductId?: number } {
    return {};
  }

  #attach(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#controller = controller;
    const port = this.#port;
    const onData = (bytes: Uint8Array): void => controller.enqueue(new Uint8Array(bytes));
    const onClose = (): void => this.fail(new Error('the port was closed'));
    this.#detach = () => {
      this.#detach = undefined;
      port.off('data', onData);
      port.off('close', onClose);
      // A flowing stream without a listener would throw away what comes next, such as the boot log.
      if (port.listenerCount('data') === 0) port.pause();
      closeQuietly(controller);
    };
    port.on('close', onClose);
    port.on('data', onData);
    port.resume();
  }

  #write(bytes: Uint8Array): Promise<void> {
    this.#checkUsable();
    this.#sentBytes += bytes.length;
    return new Promise((resolve, reject) => {
      this.#rejectWrite = reject; // a port that closes meanwhile keeps the bytes until it is opened again
      this.#port.write(Buffer.from(bytes), (error) => (error ? this.fail(error) : resolve()));
    });
  }

  #checkUsable(): void {
    if (this.#failure) throw this.#failure;
  }
}

/** Changes the rate of an open port. */
export function updateBaudRate(port: SerialPortStream, baudRate: number): Promise<void> {
  return new Promise((resolve, reject) => {
    port.update({ baudRate }, (error) => (error ? reject(error) : resolve()));
  });
}

/** A stream that its reader has cancelled is closed already. */
function closeQuietly(controller: ReadableStreamDefaultController<Uint8Array>): void {
  try {
    controller.close();
  } catch {
    // closed before
  }
}
