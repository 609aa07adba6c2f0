import { ExternalReset, PowerOff } from './chip-signals.js';
import type { Mailbox } from './mailbox.js';
import { type PowerCut, PowerLost, PowerSupply } from './power-supply.js';
import type { BootMode, ResetPins } from './reset-pins.js';
import type { BoardMessage, HostMessage } from './thread-messages.js';

/** Characters that the host sent at its own rate, and that have not reached the board's wire yet. */
export interface HostBytes {
  readonly bytes: Uint8Array;
  readonly baudRate: number;
}

/** The board's ear: takes the host's messages and turns reset lines and power into exceptions that unwind the firmware. */
export class HostInput {
  readonly #mailbox: Mailbox;
  readonly #pins: ResetPins;
  readonly #tell: (message: BoardMessage) => void;
  readonly #power: PowerSupply;
  #bytes: HostBytes[] = [];
  #cardFolder: string | undefined;
  #heardSinceStart = false;

  constructor(
    mailbox: Mailbox,
    pins: ResetPins,
    cardFolder: string | undefined,
    tell: (message: BoardMessage) => void,
    power: PowerSupply = new PowerSupply(),
  ) {
    this.#mailbox = mailbox;
    this.#pins = pins;
    this.#cardFolder = cardFolder;
    this.#tell = tell;
    this.#power = power;
  }

  /** The folder that a mount would find in the slot now. */
  get cardFolder(): string | undefined {
    return this.#cardFolder;
  }

  /** Whether the host did anything since the chip last started. */
  get heardSinceStart(): boolean {
    return this.#heardSinceStart;
  }

  /**
   * Takes what the host did since last time.
   * @throws ExternalReset, PowerOff, PowerLost
   */
  poll(): void {
    if (this.#mailbox.changed()) this.#drain();
  }

  /**
   * Blocks until there is something from the host (true), or until it was quiet for `quietMs` of wall time (false).
   * @throws as `poll`
   */
  wait(quietMs?: number): boolean {
    if (this.#bytes.length > 0) return true;
    const came = this.#mailbox.wait(quietMs);
    this.poll();
    return came;
  }

  /** Blocks for `sleepMs` of wall time, or until the host does something new. @throws as `poll` */
  sleep(sleepMs: number): void {
    this.#mailbox.wait(sleepMs);
    this.poll();
  }

  /** Everything the host sent so far, in order. */
  takeBytes(): HostBytes[] {
    const bytes = this.#bytes;
    if (bytes.length > 0) this.#bytes = [];
    return bytes;
  }

  /**
   * Blocks while EN is held low, then says what IO0 selected when it rose. Bytes sent meanwhile are lost.
   * @throws PowerOff, PowerLost
   */
  awaitStart(): BootMode {
    this.#bytes = [];
    while (this.#pins.held) {
      const message = this.#next();
      if (message.kind !== 'bytes') this.#apply(message);
    }
    return this.#pins.bootMode;
  }

  /** Blocks while the power is gone; lines and card may change meanwhile. @throws PowerOff */
  awaitPower(): void {
    this.#bytes = [];
    this.#power.restore();
    for (let message = this.#next(); message.kind !== 'restore-power'; message = this.#next()) {
      if (message.kind !== 'bytes' && message.kind !== 'cut-power') this.#apply(message);
    }
  }

  #next(): HostMessage {
    for (;;) {
      const message = this.#mailbox.take();
      if (message !== undefined) return message;
      this.#mailbox.wait();
    }
  }

  /** The chip starts: what was heard before belongs to its last life. */
  startLife(): void {
    this.#bytes = [];
    this.#heardSinceStart = false;
  }

  #drain(): void {
    for (let message = this.#mailbox.take(); message !== undefined; message = this.#mailbox.take()) {
      this.#heardSinceStart = true;
      if (message.kind === 'bytes') this.#bytes.push(message);
      else this.#apply(message);
      if (this.#pins.held) throw new ExternalReset();
    }
  }

  #apply(message: Exclude<HostMessage, { readonly kind: 'bytes' }>): void {
    if (message.kind === 'power-off') throw new PowerOff();
    if (message.kind === 'cut-power') this.#cutPower(message.at);
    else if (message.kind === 'restore-power') this.#power.restore();
    else if (message.kind === 'card') this.#cardFolder = message.folder;
    else if (this.#pins.apply(message.lines) === 'held')
      this.#tell({ kind: 'held', sequence: message.sequence });
  }

  #cutPower(at: PowerCut | undefined): void {
    if (at === undefined) throw new PowerLost();
    this.#power.cut(at);
  }
}
