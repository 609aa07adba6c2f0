import type { FlashChip } from '../flash-chip.js';
import { SpiFlash } from './spi-flash.js';

/** Offsets in the SPI1 block, and bits in them (ESP32 technical reference, SPI registers). */
const register = {
  cmd: 0x00,
  address: 0x04,
  user: 0x1c,
  user1: 0x20,
  user2: 0x24,
  mosiLength: 0x28,
  misoLength: 0x2c,
  w0: 0x80,
} as const;
const commandStart = 1 << 18;
const uses = { command: 1 << 31, address: 1 << 30, miso: 1 << 28, mosi: 1 << 27 } as const;
const dataWords = 16;

/**
 * The SPI1 controller as flashers use it: they put a flash command into USER2, its address into ADDR, what to send into
 * W0 and on, start it with CMD, and read the reply from W0.
 */
export class SpiController {
  readonly #chip: SpiFlash;
  readonly #registers = new Map<number, number>();

  constructor(flash: FlashChip) {
    this.#chip = new SpiFlash(flash);
  }

  read(offset: number): number {
    return this.#registers.get(offset) ?? 0;
  }

  write(offset: number, value: number): void {
    this.#registers.set(offset, value);
    if (offset !== register.cmd || !(value & commandStart)) return;
    if (this.read(register.user) & uses.command) this.#run();
    this.#registers.set(register.cmd, 0);
  }

  #run(): void {
    const user = this.read(register.user);
    const replyBits = user & uses.miso ? this.#bits(register.misoLength) : 0;
    const reply = this.#chip.command(this.read(register.user2) & 0xff, {
      address: user & uses.address ? this.#address() : 0,
      data: user & uses.mosi ? this.#mosiBytes() : new Uint8Array(0),
      replyBytes: Math.ceil(replyBits / 8),
    });
    this.#putReply(reply, replyBits);
  }

  /** The highest bits of ADDR go out first; USER1 says how many. */
  #address(): number {
    const bits = ((this.read(register.user1) >>> 26) & 0x3f) + 1;
    return this.read(register.address) >>> (32 - Math.min(bits, 32));
  }

  #mosiBytes(): Uint8Array {
    const bytes = new Uint8Array(dataWords * 4);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < dataWords; i++) view.setUint32(i * 4, this.read(register.w0 + i * 4), true);
    return bytes.subarray(0, Math.ceil(this.#bits(register.mosiLength) / 8));
  }

  /** First byte in the lowest bits of W0; words that no bit of the reply falls into stay as they were. */
  #putReply(reply: Uint8Array, bits: number): void {
    for (let at = 0; at * 32 < bits && at < dataWords; at++) {
      const word = [0, 1, 2, 3].reduce((sum, i) => sum | ((reply[at * 4 + i] ?? 0) << (8 * i)), 0);
      const kept = Math.min(32, bits - at * 32);
      this.#registers.set(register.w0 + at * 4, (word & (kept === 32 ? -1 : 2 ** kept - 1)) >>> 0);
    }
  }

  #bits(offset: number): number {
    return (this.read(offset) & 0xffffff) + 1;
  }
}
