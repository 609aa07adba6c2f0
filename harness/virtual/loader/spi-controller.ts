import type { FlashChip } from '../flash-chip.js';

/** Offsets in the SPI1 block, and bits in them (ESP32 technical reference, SPI registers). */
const register = { cmd: 0x00, user: 0x1c, user2: 0x24, misoLength: 0x2c, w0: 0x80 } as const;
const commandStart = 1 << 18;
const userCommand = 1 << 31;

/**
 * The SPI1 controller as flashers use it: they put a flash command into USER2, start it with CMD, and read the reply
 * from W0. Flash commands: read JEDEC id and read status; others reply with zeros.
 */
export class SpiController {
  readonly #flash: FlashChip;
  readonly #registers = new Map<number, number>();

  constructor(flash: FlashChip) {
    this.#flash = flash;
  }

  read(offset: number): number {
    return this.#registers.get(offset) ?? 0;
  }

  write(offset: number, value: number): void {
    this.#registers.set(offset, value);
    if (offset === register.cmd && value & commandStart) this.#run();
  }

  #run(): void {
    if (this.read(register.user) & userCommand) {
      const replyBits = (this.read(register.misoLength) & 0xffffff) + 1;
      const mask = replyBits >= 32 ? 0xffffffff : 2 ** replyBits - 1;
      this.#registers.set(register.w0, (this.#reply(this.read(register.user2) & 0xff) & mask) >>> 0);
    }
    this.#registers.set(register.cmd, 0);
  }

  /** First byte of the reply in the lowest bits. */
  #reply(command: number): number {
    const { manufacturer, type, capacity } = this.#flash.jedecId;
    return command === 0x9f ? manufacturer | (type << 8) | (capacity << 16) : 0;
  }
}
