import { sectorBytes } from '../flash-chip.js';
import { changeBaud, readRegister, writeRegisters } from './common-commands.js';
import { md5Hex, md5TimeUs } from './md5.js';
import {
  answerPacket,
  type LoaderAnswer,
  type LoaderCommand,
  type LoaderDialect,
  type LoaderHandler,
  op,
  wordsOf,
} from './protocol.js';
import { RamDownload } from './ram-download.js';
import type { LoaderState } from './state.js';
import { stubError } from './stub-errors.js';
import { StubFlashWriter } from './stub-flash.js';

/**
 * Espressif's flasher stub, as its source describes it (esptool-legacy-flasher-stub): two status bytes of which the
 * first is the error itself, MD5 as bytes, erasing just before writing, and commands of its own. New commands are new
 * rows of `#handlers`.
 */
export class StubDialect implements LoaderDialect {
  readonly #state: LoaderState;
  readonly #writer: StubFlashWriter;
  readonly #ram = new RamDownload();
  readonly #handlers: ReadonlyMap<number, LoaderHandler>;

  constructor(state: LoaderState) {
    this.#state = state;
    this.#writer = new StubFlashWriter(state);
    this.#handlers = new Map<number, LoaderHandler>([
      [op.sync, sized(36, () => ({}))],
      [op.readReg, (command) => readRegister(state, command, stubError.dataLength)],
      [op.writeReg, (command) => writeRegisters(state, command, stubError.dataLength)],
      [op.spiAttach, sized(4, () => ({}))],
      [op.spiSetParams, sized(24, () => ({}))],
      [op.changeBaudrate, (command) => changeBaud(state, command, stubError.dataLength)],
      [op.flashBegin, (command) => this.#writer.begin(command, 'plain')],
      [op.flashDeflBegin, (command) => this.#writer.begin(command, 'deflated')],
      [op.flashData, (command) => this.#writer.data(command)],
      [op.flashDeflData, (command) => this.#writer.data(command)],
      [op.flashEnd, (command) => this.#flashEnd(command)],
      [op.flashDeflEnd, (command) => this.#flashEnd(command)],
      [op.spiFlashMd5, sized(16, (command) => this.#md5(command))],
      [op.eraseFlash, sized(0, () => this.#eraseFlash())],
      [op.eraseRegion, sized(8, (command) => this.#eraseRegion(command))],
      [op.memBegin, sized(16, (command) => this.#memBegin(command))],
      [
        op.memData,
        ({ data }) => (this.#ram.append(data.length - 16) ? {} : { error: stubError.notEnoughData }),
      ],
      [op.memEnd, sized(8, () => ({}))],
      [op.runUserCode, () => ({ next: 'reboot' })],
    ]);
  }

  answer(command: LoaderCommand): { packets: Uint8Array[]; answer: LoaderAnswer } {
    const handler = this.#handlers.get(command.op);
    const answer = handler ? handler(command) : { error: stubError.notImplemented };
    const packet = answerPacket(command.op, answer, [answer.error ?? 0, 0]);
    if (command.op === op.runUserCode) return { packets: [], answer };
    return { packets: Array.from({ length: command.op === op.sync ? 8 : 1 }, () => packet), answer };
  }

  /** Word 0: 0 resets the chip, anything else stays in the stub. */
  #flashEnd(command: LoaderCommand): LoaderAnswer {
    const answer = this.#writer.end();
    const reboot = wordsOf(command.data)[0] === 0 && !answer.error;
    return reboot ? { ...answer, next: 'reboot' } : answer;
  }

  #md5({ data }: LoaderCommand): LoaderAnswer {
    const [address, bytes] = wordsOf(data) as [number, number];
    const { flash } = this.#state;
    if (address + bytes > flash.bytes) return { error: stubError.spiOperation, body: new Uint8Array(16) };
    this.#state.advanceUs(md5TimeUs(bytes));
    return { body: new Uint8Array(Buffer.from(md5Hex(flash, address, bytes), 'hex')) };
  }

  #eraseFlash(): LoaderAnswer {
    this.#state.advanceUs(this.#state.flash.eraseChip());
    return {};
  }

  /** Words: offset, bytes; both whole sectors. */
  #eraseRegion({ data }: LoaderCommand): LoaderAnswer {
    const [offset, bytes] = wordsOf(data) as [number, number];
    const { flash } = this.#state;
    if (offset % sectorBytes !== 0 || bytes % sectorBytes !== 0) return { error: stubError.dataLength };
    if (offset + bytes > flash.bytes) return { error: stubError.spiOperation };
    this.#state.advanceUs(flash.erase(offset, bytes));
    return {};
  }

  #memBegin({ data }: LoaderCommand): LoaderAnswer {
    const [bytes, , , address] = wordsOf(data) as [number, number, number, number];
    return this.#ram.begin(address, bytes) ? {} : { error: stubError.dataLength };
  }
}

/** A handler for commands with exactly `bytes` bytes of data. */
function sized(bytes: number, handler: LoaderHandler): LoaderHandler {
  return (command) => (command.data.length === bytes ? handler(command) : { error: stubError.dataLength });
}
