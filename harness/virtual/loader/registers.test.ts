import { expect } from 'chai';
import type { ESPLoader } from 'esptool-js';
import { ESP32ROM } from 'esptool-js/lib/targets/esp32.js';
import { esp32Cam } from '../chip-identity.js';
import { FlashChip } from '../flash-chip.js';
import { efuseWords } from './efuse.js';
import { LoaderRegisters } from './registers.js';

const mac = '24:6f:28:ab:cd:ef';

/** esptool-js's own reading of our registers; it was written by others, for real chips. */
function readBy(revision: number, crystalMhz: 26 | 40 = 40): { rom: ESP32ROM; loader: ESPLoader } {
  const registers = new LoaderRegisters({ ...esp32Cam(mac), revision, crystalMhz }, new FlashChip());
  const loader = {
    readReg: async (at: number) => registers.read(at) | 0,
    debug: () => {},
    info: () => {},
    transport: { baudrate: 115_200 },
  };
  return { rom: new ESP32ROM(), loader: loader as unknown as ESPLoader };
}

interface SpiCommand {
  readonly code: number;
  readonly address?: number;
  readonly data?: number;
  readonly replyBits?: number;
}

/** Sends commands through SPI1's registers as esptool's `run_spiflash_command` does; at most a byte of data. */
function commandsOf(registers: LoaderRegisters): (command: SpiCommand) => number {
  const put = (offset: number, value: number): void =>
    registers.write(0x3ff42000 + offset, value >>> 0, 0xffffffff);
  return ({ code, address, data, replyBits = 0 }) => {
    put(0x28, 7);
    if (replyBits > 0) put(0x2c, replyBits - 1);
    put(0x20, 23 << 26);
    const flags = (address === undefined ? 0 : 1 << 30) | (replyBits > 0 ? 1 << 28 : 0);
    put(0x1c, (1 << 31) | flags | (data === undefined ? 0 : 1 << 27));
    put(0x24, (7 << 28) | code);
    if (address !== undefined) put(0x04, address << 8);
    put(0x80, data ?? 0);
    put(0x00, 1 << 18);
    return registers.read(0x3ff42080);
  };
}

describe('loader registers', () => {
  it('say MAC, revision and kind of every chip as esptool-js reads them', async () => {
    const kinds: [number, number, string][] = [
      [0, 0, 'ESP32-D0WDQ6 (revision 0)'],
      [101, 1, 'ESP32-D0WDQ6 (revision 1)'],
      [200, 2, 'ESP32-D0WDQ6 (revision 2)'],
      [301, 3, 'ESP32-D0WD-V3 (revision 3)'],
    ];
    for (const [revision, major, description] of kinds) {
      const { rom, loader } = readBy(revision);
      expect(await rom.readMac(loader)).to.equal(mac);
      expect(await rom.getChipRevision(loader)).to.equal(major);
      expect(await rom.getChipDescription(loader)).to.equal(description);
    }
  });

  it('say which crystal there is', async () => {
    for (const crystalMhz of [26, 40] as const) {
      const { rom, loader } = readBy(301, crystalMhz);
      expect(await rom.getCrystalFreq(loader)).to.equal(crystalMhz);
    }
  });

  it('say the features of a dual-core ESP32 without flash inside', async () => {
    const { rom, loader } = readBy(301);
    expect((await rom.getChipFeatures(loader)).join(',')).to.equal(
      'Wi-Fi, BT, Dual Core, 240MHz, Coding Scheme None',
    );
  });

  it('hold the minor revision in two bits of eFuse word 5', () => {
    expect((efuseWords({ ...esp32Cam(mac), revision: 301 })[5]! >>> 24) & 3).to.equal(1);
  });

  it('run a flash command that is put into the SPI registers', () => {
    const registers = new LoaderRegisters(esp32Cam(mac), new FlashChip());
    const spi = 0x3ff42000;
    registers.write(spi + 0x2c, 23, 0xffffffff);
    registers.write(spi + 0x1c, (1 << 31) | (1 << 28), 0xffffffff);
    registers.write(spi + 0x24, 0x7000009f, 0xffffffff);
    registers.write(spi, 1 << 18, 0xffffffff);
    expect(registers.read(spi)).to.equal(0);
    expect(registers.read(spi + 0x80).toString(16)).to.equal('1640ef');
  });

  it('run the commands that set status bits and erase, only after they were allowed', () => {
    const flash = new FlashChip();
    flash.program(0x2000, new Uint8Array(16));
    const spi = commandsOf(new LoaderRegisters(esp32Cam(mac), flash));
    spi({ code: 0x01, data: 0x1c });
    expect(spi({ code: 0x05, replyBits: 8 }), 'refused').to.equal(0);
    spi({ code: 0x06 });
    expect(spi({ code: 0x05, replyBits: 8 }), 'latch').to.equal(2);
    spi({ code: 0x01, data: 0x1c });
    expect(spi({ code: 0x05, replyBits: 8 })).to.equal(0x1c);
    spi({ code: 0x50 });
    spi({ code: 0x31, data: 0x02 });
    expect(spi({ code: 0x35, replyBits: 8 })).to.equal(2);
    spi({ code: 0x20, address: 0x2345 });
    expect(spi({ code: 0x03, address: 0x2000, replyBits: 32 })).to.equal(0);
    spi({ code: 0x06 });
    spi({ code: 0x20, address: 0x2345 });
    expect(spi({ code: 0x03, address: 0x2000, replyBits: 32 })).to.equal(0xffffffff);
  });

  it('say by SFDP how large the flash is', () => {
    const spi = commandsOf(new LoaderRegisters(esp32Cam(mac), new FlashChip()));
    expect(spi({ code: 0x5a, address: 0, replyBits: 32 })).to.equal(0x50444653);
    expect(spi({ code: 0x5a, address: 0x84, replyBits: 32 }) + 1).to.equal(32 << 20);
  });

  it('change only the bits of the mask', () => {
    const registers = new LoaderRegisters(esp32Cam(mac), new FlashChip());
    registers.write(0x3ff00000, 0xffff, 0xffffffff);
    registers.write(0x3ff00000, 0, 0x00ff);
    expect(registers.read(0x3ff00000)).to.equal(0xff00);
  });
});
