import { readRegister, writeRegisters } from './common-commands.js';
import { romClockHz } from './efuse.js';
import { md5Hex } from './md5.js';
import {
  answerPacket,
  dataHeaderBytes,
  type LoaderAnswer,
  type LoaderCommand,
  type LoaderDialect,
  type LoaderHandler,
  op,
  payloadChecksum,
  wordsOf,
} from './protocol.js';
import { RamDownload } from './ram-download.js';
import { romError } from './rom-errors.js';
import { RomFlashWriter } from './rom-flash.js';
import type { LoaderState } from './state.js';

/** With every command but READ_REG the ROM answers with a word of SYNC's own data; the stub with 0. */
const syncValue = 0x55201207;
/** SYNC, and what the ROM does not understand, are answered so many times. */
const repeats = 8;
/** READ_FLASH_SLOW always answers with so many bytes. */
const slowReadBytes = 64;

/** The mask ROM's side of the protocol. New commands are new rows of `#handlers`. */
export class RomDialect implements LoaderDialect {
  readonly #state: LoaderState;
  readonly #ram: RamDownload;
  readonly #writer: RomFlashWriter;
  readonly #handlers: ReadonlyMap<number, LoaderHandler>;
  #spiAttached = false;

  constructor(state: LoaderState) {
    this.#state = state;
    this.#ram = new RamDownload((address, word) => state.registers.write(address, word, 0xffffffff));
    this.#writer = new RomFlashWriter(state);
    this.#handlers = new Map<number, LoaderHandler>([
      [op.sync, () => ({ value: syncValue })],
      [op.readReg, (command) => readRegister(state, command, romError.format)],
      [op.writeReg, (command) => writeRegisters(state, command, romError.format)],
      [op.memBegin, (command) => this.#memBegin(command)],
      [op.memData, (command) => this.#memData(command)],
      [op.memEnd, (command) => this.#memEnd(command)],
      [op.spiAttach, (command) => this.#spiAttach(command)],
      [op.spiSetParams, ({ data }) => (data.length === 24 ? {} : { error: romError.format })],
      [op.readFlashSlow, (command) => this.#onFlash(() => this.#readFlashSlow(command))],
      [op.changeBaudrate, (command) => this.#changeBaud(command)],
      [op.flashBegin, (command) => this.#flashBegin(command)],
      [op.flashDeflBegin, (command) => this.#onFlash(() => this.#writer.begin(command, 'deflated'))],
      [op.flashData, (command) => this.#onFlash(() => this.#writer.data(command, 'plain'))],
      [op.flashDeflData, (command) => this.#onFlash(() => this.#writer.data(command, 'deflated'))],
      [op.flashEnd, flashEnd],
      [op.flashDeflEnd, flashEnd],
      [op.spiFlashMd5, (command) => this.#onFlash(() => this.#md5(command))],
    ]);
  }

  answer(command: LoaderCommand): { packets: Uint8Array[]; answer: LoaderAnswer } {
    const handler = this.#handlers.get(command.op);
    if (!handler) return { packets: repeated(unknownCommandPacket()), answer: {} };
    const answer = handler(command);
    const error = answer.error ?? 0;
    const packet = answerPacket(command.op, answer, [error === 0 ? 0 : 1, error, 0, 0]);
    return { packets: command.op === op.sync ? repeated(packet) : [packet], answer };
  }

  /** The ROM leaves the flash pins alone until SPI_ATTACH. */
  #onFlash(action: () => LoaderAnswer): LoaderAnswer {
    return this.#spiAttached ? action() : { error: romError.failed };
  }

  /** Two words: pins (0: the default ones), and a flag that is 0. */
  #spiAttach({ data }: LoaderCommand): LoaderAnswer {
    if (data.length !== 8) return { error: romError.format };
    this.#spiAttached = true;
    return {};
  }

  /** With nothing to erase it is only the way to FLASH_END, and works without flash pins. */
  #flashBegin(command: LoaderCommand): LoaderAnswer {
    if (wordsOf(command.data)[0] === 0) return this.#writer.begin(command, 'plain');
    return this.#onFlash(() => this.#writer.begin(command, 'plain'));
  }

  /**
   * New rate, and 0. The ROM derives its divider from the crystal's frequency as it measured it, so the rate comes out
   * wrong by that error; esptool asks for another one to make up for it (`change_baud` of its esp32.py).
   */
  #changeBaud({ data }: LoaderCommand): LoaderAnswer {
    const [rate] = wordsOf(data);
    if (data.length !== 8 || !rate) return { error: romError.format };
    const { chip, setBaud } = this.#state;
    const actual = Math.round((rate * chip.crystalMhz * 1e6) / romClockHz(chip));
    return { afterwards: () => setBaud(actual) };
  }

  #memBegin({ data }: LoaderCommand): LoaderAnswer {
    const [bytes, , , address] = wordsOf(data);
    if (bytes === undefined || address === undefined) return { error: romError.format };
    return this.#ram.begin(address, bytes) ? {} : { error: romError.ramAddress };
  }

  #memData({ data, checksum }: LoaderCommand): LoaderAnswer {
    const payload = data.subarray(dataHeaderBytes);
    if (wordsOf(data)[0] !== payload.length) return { error: romError.format };
    if (payloadChecksum(payload) !== checksum) return { error: romError.checksum };
    return this.#ram.append(payload) === 'stored' ? {} : { error: romError.ramSize };
  }

  /** Word 0: 1 to stay in the loader. */
  #memEnd({ data }: LoaderCommand): LoaderAnswer {
    const [stay, entry] = wordsOf(data);
    if (entry === undefined) return { error: romError.format };
    if (stay !== 0) return {};
    const started = this.#ram.startedAt(entry);
    return started === 'nothing' ? { error: romError.ramAddress } : { next: started };
  }

  /** Words: offset, bytes (64 at most). The rest of the 64 bytes is left as it was. */
  #readFlashSlow({ data }: LoaderCommand): LoaderAnswer {
    const [address, bytes] = wordsOf(data);
    if (address === undefined || bytes === undefined) return { error: romError.format };
    const { flash, advanceUs } = this.#state;
    if (bytes > slowReadBytes || address + bytes > flash.bytes) return { error: romError.flashReadLength };
    advanceUs(bytes * flash.times.readUsPerByte);
    const body = new Uint8Array(slowReadBytes);
    body.set(flash.read(address, bytes));
    return { body };
  }

  /** 32 hex digits as text, where the stub sends 16 bytes. */
  #md5({ data }: LoaderCommand): LoaderAnswer {
    const [address, bytes] = wordsOf(data);
    if (address === undefined || bytes === undefined) return { error: romError.format };
    if (address + bytes > this.#state.flash.bytes) return { error: romError.flashReadLength };
    const text = md5Hex(this.#state, address, bytes);
    return { body: Uint8Array.from(text, (digit) => digit.charCodeAt(0)) };
  }
}

/** Word 0: 1 runs what is flashed; 0 resets the chip, which finds its strapping pins as they were latched. */
function flashEnd({ data }: LoaderCommand): LoaderAnswer {
  return { next: wordsOf(data)[0] === 0 ? 'reset' : 'run' };
}

/**
 * The ROM does not know this command: "invalid message", under another command number than the one asked for. By
 * that mismatch flashers tell "no such command" from "this command failed" (esptool's and esptool-js's `command`).
 */
function unknownCommandPacket(): Uint8Array {
  return answerPacket(0, {}, [1, romError.format, 0, 0]);
}

function repeated(packet: Uint8Array): Uint8Array[] {
  return Array.from({ length: repeats }, () => packet);
}
