import { readRegister, writeRegisters } from './common-commands.js';
import { md5Hex } from './md5.js';
import {
  answerPacket,
  dataHeaderBytes,
  type LoaderAnswer,
  type LoaderCommand,
  type LoaderDialect,
  type LoaderHandler,
  op,
  wordsOf,
} from './protocol.js';
import { RamDownload } from './ram-download.js';
import type { LoaderState } from './state.js';
import { eraseRegion } from './stub-erase.js';
import { stubError } from './stub-errors.js';
import { StubFlashWriter } from './stub-flash.js';
import { type ReadRequest, StubFlashRead } from './stub-read.js';

/**
 * Espressif's flasher stub, as its source describes it (esptool-legacy-flasher-stub): two status bytes of which the
 * first is the error itself, MD5 as bytes, erasing just before writing, and commands of its own. New commands are new
 * rows of `#handlers`.
 */
export class StubDialect implements LoaderDialect {
  readonly #state: LoaderState;
  readonly #writer: StubFlashWriter;
  readonly #ram: RamDownload;
  readonly #handlers: ReadonlyMap<number, LoaderHandler>;

  constructor(state: LoaderState) {
    this.#state = state;
    this.#writer = new StubFlashWriter(state);
    this.#ram = new RamDownload((address, word) => state.registers.write(address, word, 0xffffffff));
    this.#handlers = new Map<number, LoaderHandler>([
      [op.sync, sized(36, () => ({}))],
      [op.readReg, (command) => readRegister(state, command, stubError.dataLength)],
      [op.writeReg, (command) => writeRegisters(state, command, stubError.dataLength)],
      [op.spiAttach, orFailed(sized(4, () => ({})))],
      [op.spiSetParams, orFailed(sized(24, () => ({})))],
      [op.changeBaudrate, sized(8, (command) => this.#changeBaud(command))],
      [op.flashBegin, (command) => this.#writer.begin(command, 'plain')],
      [op.flashDeflBegin, (command) => this.#writer.begin(command, 'deflated')],
      [op.flashData, (command) => this.#writer.data(command)],
      [op.flashDeflData, (command) => this.#writer.data(command)],
      [op.flashEnd, (command) => this.#flashEnd(command)],
      [op.flashDeflEnd, (command) => this.#flashEnd(command)],
      [op.spiFlashMd5, orFailed(sized(16, (command) => this.#md5(command)))],
      [op.eraseFlash, orFailed(sized(0, () => this.#eraseFlash()))],
      [op.eraseRegion, orFailed(sized(8, ({ data }) => eraseRegion(state.flash, wordsOf(data))))],
      [op.readFlash, sized(16, (command) => this.#readFlash(command))],
      [op.memBegin, orFailed(sized(16, (command) => this.#memBegin(command)))],
      [op.memData, (command) => this.#memData(command)],
      [op.memEnd, orFailed(sized(8, (command) => this.#memEnd(command)))],
      [op.runUserCode, () => ({ next: 'run' })],
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
    const reset = wordsOf(command.data)[0] === 0 && !answer.error;
    return reset ? { ...answer, next: 'reset' } : answer;
  }

  /** New rate, old rate: exact, since the stub works from the divider that is set. */
  #changeBaud({ data }: LoaderCommand): LoaderAnswer {
    const [rate] = wordsOf(data);
    return rate ? { afterwards: () => this.#state.setBaud(rate) } : { error: stubError.dataLength };
  }

  #md5({ data }: LoaderCommand): LoaderAnswer {
    const [address, bytes] = wordsOf(data) as [number, number];
    const { flash } = this.#state;
    if (address + bytes > flash.bytes) return { error: stubError.spiOperation, body: new Uint8Array(16) };
    return { body: new Uint8Array(Buffer.from(md5Hex(this.#state, address, bytes), 'hex')) };
  }

  #eraseFlash(): LoaderAnswer {
    this.#state.flash.eraseChip();
    return {};
  }

  #readFlash({ data }: LoaderCommand): LoaderAnswer {
    const [offset, bytes, blockBytes, windowBytes] = wordsOf(data) as [number, number, number, number];
    const request: ReadRequest = { offset, bytes, blockBytes, windowBytes };
    if (!StubFlashRead.fits(request, this.#state.flash.bytes)) return {};
    return { exchange: new StubFlashRead(this.#state, request, (packet) => this.#state.sendPacket(packet)) };
  }

  #memBegin({ data }: LoaderCommand): LoaderAnswer {
    const [bytes, , , address] = wordsOf(data) as [number, number, number, number];
    return this.#ram.begin(address, bytes) ? {} : { error: stubError.dataLength };
  }

  #memData({ data }: LoaderCommand): LoaderAnswer {
    const payload = data.subarray(dataHeaderBytes);
    if (payload.length % 4 !== 0) return { error: stubError.dataLength };
    const errors = { stored: 0, closed: stubError.notInFlashMode, full: stubError.tooMuchData };
    return { error: errors[this.#ram.append(payload)] };
  }

  /** Word 1: where to jump; 0 stays in the stub. A jump to where nothing was loaded hangs a real chip. */
  #memEnd({ data }: LoaderCommand): LoaderAnswer {
    const [, entry] = wordsOf(data) as [number, number];
    if (this.#ram.incomplete) return { error: stubError.notEnoughData };
    if (entry === 0) return {};
    return { next: this.#ram.startedAt(entry) === 'stub' ? 'stub' : 'foreign' };
  }
}

/** A handler for commands with exactly `bytes` bytes of data. */
function sized(bytes: number, handler: LoaderHandler): LoaderHandler {
  return (command) => (command.data.length === bytes ? handler(command) : { error: stubError.dataLength });
}

/** The stub joins two checks of these commands with C's `||`, so that every error comes out as 1. */
function orFailed(handler: LoaderHandler): LoaderHandler {
  return (command) => {
    const answer = handler(command);
    return answer.error ? { ...answer, error: stubError.failed } : answer;
  };
}
