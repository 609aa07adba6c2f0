import type { SerialPortStream } from '@serialport/stream';
import { ESPError, ESPLoader, Transport } from 'esptool-js';
import type { BuildRun } from './flash-parts.js';
import { WebSerialAdapter } from './web-serial-adapter.js';

export interface FlashSessionOptions {
  readonly baudRate: number;
  readonly useStub: boolean;
  readonly compress: boolean;
  /** What esptool-js would print. */
  readonly onLog: (text: string) => void;
}

/** The loader of an ESP32 always starts at this rate. */
export const romBaudRate = 115_200;
/** The largest block that the ROM takes; the stub takes 16 KB. */
const romWriteBytes = 0x400;
const spiAttachCommand = 0x0d;
/** Its bits 24 and 25 are the minor revision (ESP-IDF, esp_efuse_table.csv), which esptool-js does not read. */
const efuseWord5 = 0x3ff5a014;

/** Traces whatever the options say, and to standard output: silenced here. */
class QuietTransport extends Transport {
  override trace(): void {}
}

/**
 * esptool-js on one port, from reset into the loader to the last verified byte. It leaves the chip in the loader.
 * Errors are those of esptool-js.
 */
export class FlashSession {
  readonly #adapter: WebSerialAdapter;
  readonly #transport: QuietTransport;
  readonly #loader: ESPLoader;
  readonly #options: FlashSessionOptions;

  constructor(port: SerialPortStream, options: FlashSessionOptions) {
    this.#options = options;
    this.#adapter = new WebSerialAdapter(port);
    // Its types want all of the browser's SerialPort; it uses what the adapter has.
    this.#transport = new QuietTransport(this.#adapter as never);
    const { onLog } = options;
    this.#loader = new ESPLoader({
      transport: this.#transport,
      baudrate: options.baudRate,
      romBaudrate: romBaudRate,
      terminal: { clean: () => {}, write: onLog, writeLine: onLog },
    });
  }

  /** The rate in use now. */
  get baudRate(): number {
    return this.#transport.baudrate;
  }

  /** esptool-js falls back to 115200 by itself, in the stub whatever was asked for; the caller has better steps. */
  async #raiseBaud(): Promise<void> {
    const { baudRate } = this.#options;
    if (baudRate === romBaudRate) return;
    await this.#loader.changeBaud();
    if (this.baudRate !== baudRate) throw new ESPError(`the board does not answer at ${baudRate} baud`);
  }

  /** Bytes that went to the port so far. */
  get sentBytes(): number {
    return this.#adapter.sentBytes;
  }

  /**
   * Resets into the loader and finds out the kind of chip, as esptool names it: `ESP32`. `no_reset` is for a port without
   * reset lines: the chip must be in its loader already.
   */
  async connect(mode: 'default_reset' | 'no_reset' = 'default_reset'): Promise<string> {
    await this.#loader.connect(mode);
    return this.#loader.chip.CHIP_NAME;
  }

  /** Of an ESP32. Revision is major * 100 + minor. */
  async identify(): Promise<{ readonly mac: string; readonly revision: number }> {
    const loader = this.#loader;
    const major = await loader.chip.getChipRevision!(loader);
    const minor = ((await loader.readReg(efuseWord5)) >>> 24) & 3;
    const mac = await loader.chip.readMac(loader);
    return { revision: major * 100 + minor, mac: mac.toLowerCase() };
  }

  /** Stub or ROM, rate, flash pins; returns the flash chip's size in bytes, undefined when none answers. */
  async prepare(): Promise<number | undefined> {
    const loader = this.#loader;
    if (this.#options.useStub) await loader.runStub();
    await this.#raiseBaud();
    if (!loader.IS_STUB) {
      loader.FLASH_WRITE_SIZE = romWriteBytes;
      // Two words for the ROM; esptool-js's own call sends the stub's one.
      await loader.checkCommand('attach the SPI flash', spiAttachCommand, new Uint8Array(8));
    }
    const capacity = ((await loader.readFlashId()) >>> 16) & 0xff;
    return capacity >= 0x12 && capacity <= 0x1c ? 2 ** capacity : undefined;
  }

  /** Erases all `flashBytes`. The ROM has no command for that; it erases what a download says it will write. */
  async eraseAll(flashBytes: number): Promise<void> {
    if (this.#loader.IS_STUB) await this.#loader.eraseFlash();
    else await this.#loader.flashBegin(flashBytes, 0);
  }

  /** MD5 of a region of flash, 32 hex digits. The ROM sends them as text, which esptool-js turns into hex once more. */
  async md5(offset: number, bytes: number): Promise<string> {
    const hex = await this.#loader.flashMd5sum(offset, bytes);
    return hex.length === 64 ? Buffer.from(hex, 'hex').toString('latin1') : hex;
  }

  /** Erases and writes one region. `onSent` gets the part that is done, 0 to 1. */
  async write({ offset, bytes }: BuildRun, onSent: (fraction: number) => void): Promise<void> {
    await this.#loader.writeFlash({
      fileArray: [{ address: offset, data: bytes }],
      flashMode: 'keep',
      flashFreq: 'keep',
      flashSize: 'keep',
      eraseAll: false,
      compress: this.#options.compress,
      reportProgress: (_index, sent, total) => onSent(sent / total),
    });
  }

  /**
   * What an error of this session comes from: when the port failed, esptool-js goes on for a while, and what it throws
   * in the end is about something else.
   */
  rootOf(error: unknown): unknown {
    return this.#adapter.failure ?? error;
  }

  /** Cuts short whatever is under way. */
  abandon(reason: Error): void {
    this.#adapter.fail(reason);
  }

  async close(): Promise<void> {
    await this.#adapter.close();
  }
}
