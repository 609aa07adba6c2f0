import { changeBaud, readRegister, writeRegisters } from './common-commands.js';
import { md5Hex, md5TimeUs } from './md5.js';
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

/** The mask ROM's side of the protocol. New commands are new rows of `#handlers`. */
export class RomDialect implements LoaderDialect {
  readonly #state: LoaderState;
  readonly #ram = new RamDownload();
  readonly #writer: RomFlashWriter;
  readonly #handlers: ReadonlyMap<number, LoaderHandler>;
  #spiAttached = false;

  constructor(state: LoaderState) {
    this.#state = state;
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
      [op.changeBaudrate, (command) => changeBaud(state, command, romError.format)],
      [op.flashBegin, (command) => this.#onFlash(() => this.#writer.begin(command, 'plain'))],
      [op.flashDeflBegin, (command) => this.#onFlash(() => this.#writer.begin(command, 'deflated'))],
      [op.flashData, (command) => this.#onFlash(() => this.#writer.data(command, 'plain'))],
      [op.flashDeflData, (command) => this.#onFlash(() => this.#writer.data(command, 'deflated'))],
      // The argument chooses between a reset and a jump; either way what is flashed runs.
      [op.flashEnd, () => ({ next: 'reboot' })],
      [op.flashDeflEnd, () => ({ next: 'reboot' })],
      [op.spiFlashMd5, (command) => this.#onFlash(() => this.#md5(command))],
    ]);
  }

  answer(command: LoaderCommand): { packets: Uint8Array[]; answer: LoaderAnswer } {
    const handler = this.#handlers.get(command.op);
    if (!handler) return { packets: [unknownCommandPacket()], answer: {} };
    const answer = handler(command);
    const error = answer.error ?? 0;
    const packet = answerPacket(command.op, answer, [error === 0 ? 0 : 1, error, 0, 0]);
    return { packets: Array.from({ length: command.op === op.sync ? 8 : 1 }, () => packet), answer };
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

  #memBegin({ data }: LoaderCommand): LoaderAnswer {
    const [bytes, , , address] = wordsOf(data);
    if (bytes === undefined || address === undefined) return { error: romError.format };
    return this.#ram.begin(address, bytes) ? {} : { error: romError.ramAddress };
  }

  #memData({ data, checksum }: LoaderCommand): LoaderAnswer {
    const payload = data.subarray(dataHeaderBytes);
    if (wordsOf(data)[0] !== payload.length) return { error: romError.format };
    if (payloadChecksum(payload) !== checksum) return { error: romError.checksum };
    return this.#ram.append(payload.length) ? {} : { error: romError.ramSize };
  }

  /** Word 0: 1 to stay in the loader. We cannot run Xtensa code: what is loaded and started is taken for the stub. */
  #memEnd({ data }: LoaderCommand): LoaderAnswer {
    const [stay, entry] = wordsOf(data);
    if (entry === undefined) return { error: romError.format };
    if (stay !== 0) return {};
    return this.#ram.covers(entry) ? { next: 'stub' } : { error: romError.ramAddress };
  }

  /** 32 hex digits as text, where the stub sends 16 bytes. */
  #md5({ data }: LoaderCommand): LoaderAnswer {
    const [address, bytes] = wordsOf(data);
    if (address === undefined || bytes === undefined) return { error: romError.format };
    if (address + bytes > this.#state.flash.bytes) return { error: romError.flashReadLength };
    this.#state.advanceUs(md5TimeUs(bytes));
    const text = md5Hex(this.#state.flash, address, bytes);
    return { body: Uint8Array.from(text, (digit) => digit.charCodeAt(0)) };
  }
}

/**
 * The ROM does not know this command: "invalid message", under another command number than the one asked for. By
 * that mismatch flashers tell "no such command" from "this command failed" (esptool's and esptool-js's `command`).
 */
function unknownCommandPacket(): Uint8Array {
  return answerPacket(0, {}, [1, romError.format, 0, 0]);
}
