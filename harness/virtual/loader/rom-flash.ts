import { Inflater } from './inflate.js';
import {
  dataHeaderBytes,
  type LoaderAnswer,
  type LoaderCommand,
  payloadChecksum,
  wordsOf,
} from './protocol.js';
import { romError } from './rom-errors.js';
import type { LoaderState } from './state.js';

export type FlashCoding = 'plain' | 'deflated';

interface Download {
  readonly coding: FlashCoding;
  readonly inflater: Inflater;
  /** Where the next byte goes. */
  address: number;
}

/**
 * FLASH_BEGIN and FLASH_DATA of the ROM, plain and deflated: erases all at BEGIN, writes each block before it
 * answers, and reads back what it wrote.
 */
export class RomFlashWriter {
  readonly #state: LoaderState;
  #download: Download | undefined;

  constructor(state: LoaderState) {
    this.#state = state;
  }

  /** Words: bytes to erase, blocks, bytes a block, offset; a fifth that asks for encryption is refused. */
  begin({ data }: LoaderCommand, coding: FlashCoding): LoaderAnswer {
    const [eraseBytes, , , offset, encrypted = 0] = wordsOf(data);
    if (eraseBytes === undefined || offset === undefined) return { error: romError.format };
    const { flash } = this.#state;
    if (encrypted !== 0 || offset + eraseBytes > flash.bytes) return { error: romError.parameter };
    flash.erase(offset, eraseBytes);
    this.#download = { coding, inflater: new Inflater(flash.bytes), address: offset };
    return {};
  }

  data({ data, checksum }: LoaderCommand, coding: FlashCoding): LoaderAnswer {
    const download = this.#download;
    if (download?.coding !== coding) return { error: romError.failed };
    const payload = data.subarray(dataHeaderBytes);
    if (wordsOf(data)[0] !== payload.length) return { error: romError.format };
    if (payloadChecksum(payload) !== checksum) return { error: romError.checksum };
    const bytes = coding === 'plain' ? payload : download.inflater.push(payload);
    if (bytes === 'bad-data') return { error: romError.deflate };
    if (bytes === 'bad-adler32') return { error: romError.deflateAdler32 };
    return this.#write(download, bytes);
  }

  #write(download: Download, bytes: Uint8Array): LoaderAnswer {
    const { flash } = this.#state;
    if (download.address + bytes.length > flash.bytes) return { error: romError.flashWrite };
    flash.program(download.address, bytes);
    const held = flash.read(download.address, bytes.length);
    download.address += bytes.length;
    return Buffer.compare(held, bytes) === 0 ? {} : { error: romError.flashWrite };
  }
}
