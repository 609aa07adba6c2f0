import { InfraError } from '../errors.js';
import { type BoardCounters, CounterBlock } from './board-counters.js';
import { BoardThread } from './board-thread.js';
import type { CardFault } from './card-faults.js';
import type { CardCut } from './card-power.js';
import { type ChipIdentity, esp32Cam } from './chip-identity.js';
import { type CostTable, loadCostTable } from './cost-table.js';
import type { PowerCut } from './power-supply.js';
import { checkPsramFaults, type PsramFault } from './psram-faults.js';
import type { ModemLines } from './reset-pins.js';
import { HANG_GRACE_MS, ResetWatch, type UnnoticedReset } from './reset-watch.js';
import { startTurns } from './start-turns.js';
import type { BoardMessage, FlashSector, HostMessage } from './thread-messages.js';
import { resample } from './wire.js';
import type { WorkerSetup } from './worker.js';

export interface VirtualBoardOptions {
  /** What people call it; its port is `virtual:NAME`. */
  readonly name: string;
  /** Six lower-case hex pairs: `24:6f:28:00:00:01`. */
  readonly mac: string;
  /** major * 100 + minor; default 301. */
  readonly revision?: number;
  /** Where flash lasts over runs; default: blank, and gone with the board. */
  readonly flashFile?: string;
  /** The folder that is the SD card; absent: no card in the slot. */
  readonly cardFolder?: string;
  /** Whether the firmware may write to the card; default false: the folder may be others' as well. */
  readonly cardWritable?: boolean;
  /** Bytes of the card's volume; default 8 GB. */
  readonly cardBytes?: number;
  /** What cannot be read of the card in the slot; default: all can. */
  readonly cardFaults?: readonly CardFault[];
  /** Lines of PSRAM that are broken, for what the firmware says that it copied there and for what it reads there from the card; default: none. */
  readonly psramFaults?: readonly PsramFault[];
  /** The power goes at a change of the card, as when somebody pulls the plug: the port is gone with it. */
  readonly cardCut?: CardCut;
  /** Path of a cost table, or the table; default: fixtures/hardware/esp32cam.json. */
  readonly costTable?: string | CostTable;
  /** Default 1-bit. */
  readonly cardMode?: '1-bit' | '4-bit';
  /** Card reads into PSRAM go through internal RAM; default true. */
  readonly bounceBuffer?: boolean;
  /** FatFs's cluster map, so that a seek does not walk the chain; default true. */
  readonly fastSeek?: boolean;
  /** `virtual` (default): as fast as the machine allows; `real`: virtual time follows the wall clock. */
  readonly pace?: 'virtual' | 'real';
  /** At real pace: virtual seconds to a second of the wall clock, more than 0; default 1. */
  readonly paceScale?: number;
}

/** Bytes off the board's wire; the last one arrived at `boardTimeUs` of the board's time since it was first powered. */
export type BytesListener = (bytes: Uint8Array, boardTimeUs: number) => void;

/**
 * A virtual ESP32-CAM on its programmer board, as the host's end of the cable has it. Power comes with the first use;
 * from then on a thread of its own is the chip. Holds the process until it is closed.
 */
export interface VirtualBoard {
  readonly name: string;
  readonly mac: string;
  /**
   * Has the board's thread there, without power yet, so that the first use finds a board that answers at once. Takes its turn when many
   * boards of a process start together.
   */
  ready(): Promise<void>;
  /** Puts bytes on the wire at the rate that `setBaud` last said. */
  write(bytes: Uint8Array): void;
  /** Every byte that the board sends from now on. Returns what ends the listening. */
  onBytes(listener: BytesListener): () => void;
  /** Tells when the board is gone: `error` when it failed, absent when it was closed. Returns what ends the listening. */
  onGone(listener: (error?: Error) => void): () => void;
  /** Both modem lines at once; asserted is true. RTS holds the chip in reset, DTR selects the loader when it rises. */
  setLines(lines: ModemLines): void;
  /** The rate at which the host sends and listens; 115200 until then. A board at another rate is garbage to it. */
  setBaud(baudRate: number): void;
  /**
   * Takes the board's power away, at once or at a point counted from when the board hears of this. The adapter lives on:
   * the port stays open, and nothing comes out of it. Reset lines, rate and card may change meanwhile.
   */
  cutPower(at?: PowerCut): void;
  /** Gives the power back, and the chip starts as the reset lines say. A cut that is still ahead is forgotten. */
  restorePower(): void;
  /** Tells when the power went (false) or came back (true). Returns what ends the listening. */
  onPower(listener: (on: boolean) => void): () => void;
  /** Swaps the SD card as a person would; the firmware sees it at its next mount. */
  setCardFolder(folder: string | null): void;
  /** What the virtual hardware counted since it was first powered. */
  counters(): BoardCounters;
  /** Cuts the power and ends the thread. Again: nothing. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @throws ConfigError for a cost table that cannot be used; RangeError for a MAC that is none, or a line that PSRAM has not */
export function createVirtualBoard(options: VirtualBoardOptions): VirtualBoard {
  return new WorkerBoard(options);
}

const released: ModemLines = { dtr: false, rts: false };

class WorkerBoard implements VirtualBoard {
  readonly name: string;
  readonly mac: string;
  readonly #options: VirtualBoardOptions;
  readonly #chip: ChipIdentity;
  readonly #table: CostTable;
  readonly #counters = new CounterBlock();
  readonly #bytesListeners = new Set<BytesListener>();
  readonly #powerListeners = new Set<(on: boolean) => void>();
  readonly #goneListeners = new Set<(error?: Error) => void>();
  #thread: BoardThread | undefined;
  #flashSectors: readonly FlashSector[] = [];
  #inLoader = false;
  #cardFolder: string | undefined;
  #lines = released;
  #baudRate = 115_200;
  readonly #watch = new ResetWatch((reset) => this.#takeOver(reset));
  #closed: Promise<void> | undefined;
  /** Told when the thread is there; present as long as it has no power. */
  #standby: (() => void) | undefined;

  constructor(options: VirtualBoardOptions) {
    this.name = options.name;
    this.mac = options.mac;
    this.#options = options;
    checkPsramFaults(options.psramFaults ?? []);
    const { costTable } = options;
    this.#table = typeof costTable === 'object' ? costTable : loadCostTable(costTable);
    const chip = esp32Cam(options.mac);
    const psramBytes = this.#table.memory.psramBytes.value;
    this.#chip = { ...chip, psramBytes, revision: options.revision ?? chip.revision };
    this.#cardFolder = options.cardFolder;
  }

  ready(): Promise<void> {
    return startTurns.take(async () => {
      if (this.#thread !== undefined || this.#closed !== undefined) return;
      await new Promise<void>((resolve) => {
        this.#standby = resolve;
        this.#thread = this.#startThread(released, true);
      });
    });
  }

  write(bytes: Uint8Array): void {
    this.#post({ kind: 'bytes', bytes, baudRate: this.#baudRate });
  }

  onBytes(listener: BytesListener): () => void {
    this.#bytesListeners.add(listener);
    this.#powered();
    return () => this.#bytesListeners.delete(listener);
  }

  onGone(listener: (error?: Error) => void): () => void {
    this.#goneListeners.add(listener);
    return () => this.#goneListeners.delete(listener);
  }

  setLines(lines: ModemLines): void {
    const falls = lines.rts && !this.#lines.rts;
    this.#lines = lines;
    const thread = this.#powered();
    if (falls) thread.post({ kind: 'lines', lines, sequence: this.#watch.reset(lines) });
    else this.#post({ kind: 'lines', lines, sequence: this.#watch.sequence });
  }

  setBaud(baudRate: number): void {
    this.#baudRate = baudRate;
  }

  cutPower(at?: PowerCut): void {
    this.#post({ kind: 'cut-power', at });
  }

  restorePower(): void {
    this.#post({ kind: 'restore-power' });
  }

  onPower(listener: (on: boolean) => void): () => void {
    this.#powerListeners.add(listener);
    return () => this.#powerListeners.delete(listener);
  }

  setCardFolder(folder: string | null): void {
    this.#cardFolder = folder ?? undefined;
    if (this.#thread !== undefined) this.#post({ kind: 'card', folder: this.#cardFolder });
  }

  counters(): BoardCounters {
    return this.#counters.snapshot();
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #end(error?: Error): Promise<void> {
    this.#watch.end();
    this.#standby?.();
    for (const listener of [...this.#goneListeners]) listener(error);
    await this.#thread?.stop(HANG_GRACE_MS);
  }

  #post(message: HostMessage): void {
    const thread = this.#powered();
    this.#watch.sent(message);
    thread.post(message);
  }

  #powered(): BoardThread {
    if (this.#closed !== undefined) {
      throw new InfraError('board-gone', `virtual board ${this.name} is closed; create it again`, {
        board: this.name,
      });
    }
    this.#thread ??= this.#startThread(released);
    if (this.#standby !== undefined) {
      this.#standby = undefined;
      this.#thread.post({ kind: 'restore-power' });
    }
    return this.#thread;
  }

  #startThread(lines: ModemLines, standby = false): BoardThread {
    const {
      bounceBuffer = true,
      cardMode = '1-bit',
      fastSeek = true,
      flashFile,
      pace = 'virtual',
      paceScale = 1,
    } = this.#options;
    const setup = {
      chip: this.#chip,
      table: this.#table,
      settings: { bounceBuffer, cardMode, fastSeek },
      pace,
      paceScale,
      lines,
      standby,
      cardFolder: this.#cardFolder,
      cardBytes: this.#options.cardBytes,
      cardFaults: this.#options.cardFaults,
      psramFaults: this.#options.psramFaults,
      cardWriting: cardWriting(this.#options),
      counters: this.#counters.buffer,
      flashFile,
      flashSectors: this.#flashSectors,
    };
    this.#watch.threadStarts();
    return new BoardThread(setup, {
      onMessage: (message) => this.#hear(message),
      onFailed: (error) => {
        this.#closed ??= this.#end(error);
      },
    });
  }

  #hear(message: BoardMessage): void {
    if (message.kind === 'bytes') this.#hearBytes(message);
    else if (message.kind === 'standby') this.#standby?.();
    else if (message.kind === 'running') this.#watch.threadRuns();
    else if (message.kind === 'power') for (const listener of [...this.#powerListeners]) listener(message.on);
    else if (message.kind === 'loader') this.#inLoader = true;
    else if (message.kind === 'flash') {
      this.#inLoader = false;
      this.#flashSectors = message.sectors;
    } else this.#watch.noticed(message.sequence);
  }

  #hearBytes({ bytes, baudRate, endUs }: Extract<BoardMessage, { readonly kind: 'bytes' }>): void {
    const heard = resample(bytes, baudRate, this.#baudRate);
    if (heard.length === 0) return;
    for (const listener of [...this.#bytesListeners]) listener(heard, endUs);
  }

  /** A new thread takes over from one that hangs, where EN went low. */
  #takeOver({ lines, messages }: UnnoticedReset): void {
    // The loader cannot hang, and a thread that is killed in it would lose what it flashed.
    if (this.#inLoader || this.#closed !== undefined) return;
    void this.#thread?.kill();
    this.#thread = this.#startThread(lines);
    for (const message of messages) this.#thread.post(message);
  }
}

function cardWriting({ cardWritable, cardCut }: VirtualBoardOptions): WorkerSetup['cardWriting'] {
  return cardWritable === true ? { cut: cardCut } : 'locked';
}
