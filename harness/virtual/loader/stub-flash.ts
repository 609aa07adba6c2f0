import { blockBytes, sectorBytes } from '../flash-chip.js';
import { Inflater } from './inflate.js';
import {
  dataHeaderBytes,
  type LoaderAnswer,
  type LoaderCommand,
  payloadChecksum,
  wordsOf,
} from './protocol.js';
import type { FlashCoding } from './rom-flash.js';
import type { LoaderState } from './state.js';
import { stubError } from './stub-errors.js';

const maxBlockBytes = 0x4000;

interface Download {
  readonly coding: FlashCoding;
  readonly inflater: Inflater;
  address: number;
  /** Bytes still to be written. */
  remaining: number;
  /** Erased up to here; from here on sectors are erased as writing reaches them. */
  erasedTo: number;
  readonly eraseEnd: number;
  /** Of a write that was already acknowledged; told with the next answer. */
  error: number;
}

/**
 * The stub's flash writing: it acknowledges a block when it has it whole, then erases what the block needs and writes.
 * An error while writing is therefore told with the next command.
 */
export class StubFlashWriter {
  readonly #state: LoaderState;
  #download: Download | undefined;

  constructor(state: LoaderState) {
    this.#state = state;
  }

  /** Words: bytes in all (before compression), blocks, bytes a block, offset; a fifth asks for encryption. */
  begin({ data }: LoaderCommand, coding: FlashCoding): LoaderAnswer {
    if (data.length !== 16 && data.length !== 20) return { error: stubError.dataLength };
    const [bytes, , block, offset, encrypted = 0] = wordsOf(data) as [
      number,
      number,
      number,
      number,
      number?,
    ];
    if (block > maxBlockBytes) return { error: stubError.blockSize };
    const { flash } = this.#state;
    if (encrypted !== 0 || offset + bytes > flash.bytes) return { error: stubError.spiOperation };
    this.#download = {
      coding,
      inflater: new Inflater(flash.bytes),
      address: offset,
      remaining: bytes,
      erasedTo: Math.floor(offset / sectorBytes) * sectorBytes,
      eraseEnd: Math.ceil((offset + bytes) / sectorBytes) * sectorBytes,
      error: 0,
    };
    return {};
  }

  data({ data, checksum }: LoaderCommand): LoaderAnswer {
    const download = this.#download;
    if (!download) return { error: stubError.notInFlashMode };
    const payload = data.subarray(dataHeaderBytes);
    if (wordsOf(data)[0] !== payload.length) return { error: stubError.dataLength };
    if (payloadChecksum(payload) !== checksum) return { error: stubError.checksum };
    if (download.error !== 0) return { error: download.error };
    const block = payload.slice();
    return { afterwards: () => this.#take(download, block) };
  }

  end(): LoaderAnswer {
    const download = this.#download;
    if (!download) return { error: stubError.notInFlashMode };
    if (download.error === 0 && download.remaining > 0) return { error: stubError.notEnoughData };
    this.#download = undefined;
    return { error: download.error };
  }

  #take(download: Download, block: Uint8Array): void {
    const bytes = download.coding === 'plain' ? block : download.inflater.push(block);
    if (typeof bytes === 'string') download.error = stubError.inflate;
    else if (download.coding === 'deflated' && bytes.length > download.remaining) {
      download.error = stubError.tooMuchData;
    } else this.#write(download, bytes.subarray(0, download.remaining)); // a last plain block is padded
  }

  #write(download: Download, bytes: Uint8Array): void {
    const { flash } = this.#state;
    while (download.erasedTo < download.address + bytes.length) {
      const wholeBlock =
        download.erasedTo % blockBytes === 0 && download.erasedTo + blockBytes <= download.eraseEnd;
      const stepBytes = wholeBlock ? blockBytes : sectorBytes;
      flash.erase(download.erasedTo, stepBytes);
      download.erasedTo += stepBytes;
    }
    flash.program(download.address, bytes);
    download.address += bytes.length;
    download.remaining -= bytes.length;
  }
}
