import { blockBytes, type FlashChip, sectorBytes } from '../flash-chip.js';
import { readSfdp } from './sfdp.js';

export interface SpiTransfer {
  readonly address: number;
  readonly data: Uint8Array;
  readonly replyBytes: number;
}

type Handler = (transfer: SpiTransfer) => Uint8Array | undefined;

/** Bit 1 of status register 1: set by WREN, cleared by what it allows. */
const writeEnableLatch = 0x02;
/** Status bits that cannot be written: busy and the latch. */
const fixedBits = [0x03, 0x00, 0x00] as const;

/**
 * The flash chip's own command set (Winbond W25Q32JV data sheet, instruction set), as far as flashers send commands to
 * it by hand: identity, SFDP, status registers, and single reads, programs and erases. Commands that it does not know
 * reply with 0xFF, as an undriven line does. Operations are over when `command` returns, so it is never busy. The
 * status registers hold what is written to them, and protect nothing.
 */
export class SpiFlash {
  readonly #flash: FlashChip;
  readonly #status = new Uint8Array(3);
  /** WEVSR allows one write of the status registers. */
  #statusWritable = false;
  readonly #handlers: ReadonlyMap<number, Handler>;

  constructor(flash: FlashChip) {
    this.#flash = flash;
    const { manufacturer, type, capacity } = flash.jedecId;
    this.#handlers = new Map<number, Handler>([
      [0x9f, () => Uint8Array.of(manufacturer, type, capacity)],
      [0x90, () => Uint8Array.of(manufacturer, capacity - 1)],
      [0x5a, ({ address, replyBytes }) => readSfdp(flash.bytes, address, replyBytes)],
      [0x03, ({ address, replyBytes }) => flash.read(address, replyBytes)],
      ...[0x05, 0x35, 0x15].map((code, index): [number, Handler] => [code, () => this.#readStatus(index)]),
      ...[0x01, 0x31, 0x11].map((code, index): [number, Handler] => [
        code,
        ({ data }) => this.#writeStatus(index, data),
      ]),
      [0x06, () => this.#latch(writeEnableLatch)],
      [0x04, () => this.#latch(0)],
      [0x50, () => this.#allowStatusWrite()],
      [0x02, ({ address, data }) => this.#changing(() => flash.program(address, data))],
      [0x20, ({ address }) => this.#erase(address, sectorBytes)],
      [0xd8, ({ address }) => this.#erase(address, blockBytes)],
      [0xc7, () => this.#changing(() => flash.eraseChip())],
      [0x60, () => this.#changing(() => flash.eraseChip())],
    ]);
  }

  /** The reply, `replyBytes` long. */
  command(code: number, transfer: SpiTransfer): Uint8Array {
    const reply = new Uint8Array(transfer.replyBytes).fill(0xff);
    const said = this.#handlers.get(code)?.(transfer);
    if (said) reply.set(said.subarray(0, reply.length));
    return reply;
  }

  #readStatus(index: number): Uint8Array {
    return this.#status.slice(index, index + 1);
  }

  /** A second byte goes into the next register, as with WRSR of older chips. */
  #writeStatus(index: number, data: Uint8Array): undefined {
    const allowed = this.#statusWritable || this.#status[0]! & writeEnableLatch;
    this.#statusWritable = false;
    this.#latch(0);
    if (!allowed) return;
    data.subarray(0, this.#status.length - index).forEach((value, i) => {
      const fixed = fixedBits[index + i]!;
      this.#status[index + i] = (this.#status[index + i]! & fixed) | (value & ~fixed);
    });
  }

  #latch(bit: number): undefined {
    this.#status[0] = (this.#status[0]! & ~writeEnableLatch) | bit;
  }

  #allowStatusWrite(): undefined {
    this.#statusWritable = true;
  }

  #erase(address: number, bytes: number): undefined {
    this.#changing(() => this.#flash.erase(Math.floor(address / bytes) * bytes, bytes));
  }

  /** Does nothing unless WREN came first. */
  #changing(action: () => void): undefined {
    if (this.#status[0]! & writeEnableLatch) action();
    this.#latch(0);
  }
}
