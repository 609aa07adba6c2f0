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
import { ArrivalQueue, CanceledError, type ReadResult } from './arrival-queue.js';
import { type ClaimedBoard, claim, type PluggedBoard, pluggedBoards, virtualPath } from './virtual-ports.js';

export interface VirtualOpenOptions extends OpenOptions {
  /** The modem lines from opening on. Default: both asserted, as Linux does; on this board that is a reset. */
  readonly initialLines?: ModemLines;
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

/** An open port on a board of this process. */
export class VirtualPort implements BindingPortInterface {
  readonly openOptions: Required<OpenOptions>;
  readonly #claimed: ClaimedBoard;
  readonly #endings: (() => void)[] = [];
  readonly #arrivals = new ArrivalQueue();
  #open = true;
  #lost = false;
  #baudRate: number;

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
    return this.#arrivals.latestUs;
  }

  async close(): Promise<void> {
    this.#checkOpen();
    this.#open = false;
    for (const end of this.#endings) end();
    // As the kernel hangs up: the board that was held in reset starts.
    if (this.openOptions.hupcl && !this.#lost) this.#board.setLines(bothReleased);
    this.#claimed.release();
    this.#arrivals.cancel();
  }

  async read(buffer: Buffer, offset: number, length: number): Promise<ReadResult> {
    if (!this.#open) throw new CanceledError('Port is not open');
    return this.#arrivals.read(buffer, offset, length);
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
    this.#arrivals.clear();
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
      this.#board.onBytes((bytes, boardTimeUs) => this.#arrivals.push(bytes, boardTimeUs)),
      this.#board.onGone((error) => this.#lose(error?.message ?? `${path} was switched off`)),
    );
    this.#board.setLines(lines);
  }

  #checkOpen(): void {
    if (!this.#open) throw new Error('Port is not open');
  }

  #lose(message: string): void {
    this.#lost = true;
    this.#arrivals.end(new Error(message));
  }
}
