import type { ChipIdentity } from '../chip-identity.js';
import type { FlashChip } from '../flash-chip.js';
import { crystalCalibration, efuseWords, sysconDate } from './efuse.js';
import { SpiController } from './spi-controller.js';

const address = {
  chipMagic: 0x40001000,
  uart0ClockDivider: 0x3ff40014,
  uart0Date: 0x3ff40078,
  uart0DateAhb: 0x60000078,
  spi1: 0x3ff42000,
  gpioStrap: 0x3ff44038,
  rtcCalibration: 0x3ff5f06c,
  efuseBlock0: 0x3ff5a000,
  sysconDate: 0x3ff6607c,
} as const;

/** By these values flashers recognise an ESP32. */
const esp32Magic = 0x00f01d83;
const esp32UartDate = 0x15122500;
/** IO0 low, the other strapping pins as on an ESP32-CAM. */
const downloadStrap = 0x03;

/**
 * The registers a flasher reads and writes: chip and revision, MAC (eFuses), crystal (UART divider), flash (SPI1).
 * Any other address is plain memory that reads 0 until it is written.
 */
export class LoaderRegisters {
  readonly #chip: ChipIdentity;
  readonly #efuses: Uint32Array;
  readonly #spi: SpiController;
  readonly #memory = new Map<number, number>();
  #baudRate = 115_200;

  constructor(chip: ChipIdentity, flash: FlashChip) {
    this.#chip = chip;
    this.#efuses = efuseWords(chip);
    this.#spi = new SpiController(flash);
  }

  /** A flasher derives the crystal's frequency from the divider, so it follows the rate. */
  set baudRate(rate: number) {
    this.#baudRate = rate;
  }

  read(at: number): number {
    const efuse = (at - address.efuseBlock0) / 4;
    if (efuse >= 0 && efuse < this.#efuses.length) return this.#efuses[efuse]!;
    if (at >= address.spi1 && at < address.spi1 + 0x100) return this.#spi.read(at - address.spi1);
    switch (at) {
      case address.chipMagic:
        return esp32Magic;
      case address.uart0ClockDivider:
        return this.#clockDivider();
      case address.uart0Date:
      case address.uart0DateAhb:
        return esp32UartDate;
      case address.gpioStrap:
        return downloadStrap;
      case address.rtcCalibration:
        return crystalCalibration(this.#chip);
      case address.sysconDate:
        return sysconDate(this.#chip);
      default:
        return this.#memory.get(at) ?? 0;
    }
  }

  /** Changes the bits of `mask`. */
  write(at: number, value: number, mask: number): void {
    const merged = ((this.read(at) & ~mask) | (value & mask)) >>> 0;
    if (at >= address.spi1 && at < address.spi1 + 0x100) this.#spi.write(at - address.spi1, merged);
    else this.#memory.set(at, merged);
  }

  /** Integer part in bits 0 .. 19, sixteenths in 20 .. 23: the crystal is the UART's clock in the loader. */
  #clockDivider(): number {
    const sixteenths = Math.floor((this.#chip.crystalMhz * 1e6 * 16) / this.#baudRate);
    return (Math.floor(sixteenths / 16) | ((sixteenths % 16) << 20)) >>> 0;
  }
}
