import type {
  BindingInterface,
  BindingPortInterface,
  OpenOptions,
  PortInfo,
  PortStatus,
  SetOptions,
  UpdateOptions,
} from '@serialport/bindings-cpp';
import type { ModemLines } from '../virtual/reset-pins.js';
import { type ClaimedBoard, claim, type PluggedBoard, pluggedBoards, virtualPath } from './virtual-ports.js';

export interface VirtualOpenOptions extends OpenOptions {
  /** The modem lines from opening on. Default: both asserted, as Linux does; on this board that is a reset. */
  readonly initialLines?: ModemLines;
}

/** A read or write that ended because the port was closed: serialport's stream swallows it. */
class CanceledError extends Error {
  override readonly name = 'CanceledError';
  readonly canceled = true;
}

interface Arrival {
  readonly bytes: Uint8Array;
  readonly boardTimeUs: number;
}

interface PendingRead {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly length: number;
  resolve(result: { buffer: Buffer; bytesRead: number }): void;
  reject(error: Error): void;
}

const bothAsserted: ModemLines = { dtr: true, rts: true };
const bothReleased: ModemLines = { dtr: false, rts: false };

/** serialport's binding for the boards of virtual-ports.ts; semantics are those of @serialport/bindings-cpp on Linux. */
export const virtualBinding: BindingInterface<VirtualPort, VirtualOpenOptions> = {
  async list(): Promise<PortInfo[]> {
    return pluggedBoards().map(({ name }) => ({
      path: virtualPath(name),
      manufacturer: 'tokenrack',
      serialNumber: undefined,
      pnpId: undefined,
      locationId: undefined,
      productId: undefined,
      vendorId: undefined,
    }));
  },

  async open(options: VirtualOpenOptions): Promise<VirtualPort> {
    if (!options.path) throw new TypeError('"path" is not a valid port');
    if (!options.baudRate) throw new TypeError('"baudRate" is not a valid baudRate');
    return new VirtualPort(options);
  },
};

/** An open port. Each read gives bytes of one arrival only, so that every byte keeps its stamp. */
export class VirtualPort implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  readonly #claimed: ClaimedBoard;
  readonly #endings: (() => void)[] = [];
  #arrivals: Arrival[] = [];
  #pending: PendingRead | undefined;
  #open = true;
  #lost: Error | undefined;
  #baudRate: number;
  #arrivalUs = 0;

  /** @throws Error for a path that is not there or is in use */
  constructor({ initialLines = bothAsserted, ...options }: VirtualOpenOptions) {
    const defaults = { dataBits: 8, lock: true, stopBits: 1, parity: 'none', hupcl: true } as const;
    const noFlowControl = { rtscts: false, xon: false, xoff: false, xany: false };
    this.openOptions = { ...defaults, ...noFlowControl, ...options };
    this.#claimed = claim(options.path, () => this.#lose(`${options.path} was unplugged`));
    this.#baudRate = options.baudRate;
    try {
      this.#connect(initialLines);
    } catch (error) {
      this.#claimed.release();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The board's time at which the last byte of the latest read arrived. */
  get arrivalUs(): number {
    return this.#arrivalUs;
  }

  async close(): Promise<void> {
    this.#checkOpen();
    this.#open = false;
    for (const end of this.#endings) end();
    // As the kernel hangs up: the board that was held in reset starts.
    if (this.openOptions.hupcl && this.#lost === undefined) this.#board.setLines(bothReleased);
    this.#claimed.release();
    this.#arrivals = [];
    this.#failRead(new CanceledError('Port is not open'));
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }> {
    if (buffer.length < offset + length) throw new Error('buffer is too small');
    if (!this.#open) throw new CanceledError('Port is not open');
    if (this.#lost !== undefined && this.#arrivals.length === 0) throw this.#lost;
    return new Promise((resolve, reject) => {
      this.#pending = { buffer, offset, length, resolve, reject };
      this.#serveRead();
    });
  }

  /** Resolves when the adapter has the bytes; it takes any number. */
  async write(buffer: Buffer): Promise<void> {
    this.#checkOpen();
    if (buffer.length > 0) this.#board.write(new Uint8Array(buffer));
  }

  async update(options: UpdateOptions): Promise<void> {
    this.#checkOpen();
    if (typeof options.baudRate !== 'number') throw new TypeError('"options.baudRate" is not a number');
    this.#baudRate = options.baudRate;
    this.#board.setBaud(options.baudRate);
  }

  /** Every flag is set on each call: one that is left out is released. (serialport's stream fills in `true`.) */
  async set(options: SetOptions): Promise<void> {
    this.#checkOpen();
    this.#board.setLines({ dtr: options.dtr === true, rts: options.rts === true });
  }

  /** The ESP32-CAM-MB wires none of the lines that a host could read. */
  async get(): Promise<PortStatus> {
    this.#checkOpen();
    return { cts: false, dsr: false, dcd: false };
  }

  async getBaudRate(): Promise<{ baudRate: number }> {
    this.#checkOpen();
    return { baudRate: this.#baudRate };
  }

  /** Discards what came and was not read. */
  async flush(): Promise<void> {
    this.#checkOpen();
    this.#arrivals = [];
  }

  /** What was written is with the board's wire already. */
  async drain(): Promise<void> {
    this.#checkOpen();
  }

  get #board(): PluggedBoard {
    return this.#claimed.board;
  }

  #connect(lines: ModemLines): void {
    const { path } = this.openOptions;
    this.#board.setBaud(this.#baudRate);
    this.#endings.push(
      this.#board.onBytes((bytes, boardTimeUs) => this.#hear({ bytes, boardTimeUs })),
      this.#board.onGone((error) => this.#lose(error?.message ?? `${path} was switched off`)),
    );
    this.#board.setLines(lines);
  }

  #checkOpen(): void {
    if (!this.#open) throw new Error('Port is not open');
  }

  #hear(arrival: Arrival): void {
    this.#arrivals.push(arrival);
    this.#serveRead();
  }

  #serveRead(): void {
    const { 0: arrival } = this.#arrivals;
    const pending = this.#pending;
    if (arrival === undefined || pending === undefined) return;
    this.#pending = undefined;
    const bytes = arrival.bytes.subarray(0, pending.length);
    pending.buffer.set(bytes, pending.offset);
    if (bytes.length === arrival.bytes.length) this.#arrivals.shift();
    else this.#arrivals[0] = { ...arrival, bytes: arrival.bytes.subarray(bytes.length) };
    this.#arrivalUs = arrival.boardTimeUs;
    pending.resolve({ buffer: pending.buffer, bytesRead: bytes.length });
  }

  #lose(message: string): void {
    this.#lost ??= new Error(message);
    this.#failRead(this.#lost);
  }

  #failRead(error: Error): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(error);
  }
}
