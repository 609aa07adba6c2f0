import { expect } from 'chai';
import { writeImage } from '../../image/app-image.js';
import { writeBootloaderDescriptor } from '../../image/bootloader-descriptor.js';
import { writePartitionTable } from '../../image/partition-table.js';
import { virtualImageHeader, writeVirtualApp } from '../../image/virtual-app.js';
import { FlashChip } from '../flash-chip.js';
import { bootFromFlash, downloadModeLog } from './boot.js';

const wasm = Uint8Array.from({ length: 3000 }, (_, i) => (i * 31) & 0xff);
const descriptor = {
  version: '1.0.0',
  projectName: 'tinyllm',
  time: '00:00:00',
  date: 'Jan  1 2024',
  idfVersion: 'v5.3',
  elfSha256: '0123456789abcdef'.repeat(4),
};
const app = writeVirtualApp({ descriptor, wasm });
const table = writePartitionTable([
  { label: 'nvs', type: 1, subtype: 2, offset: 0x9000, sizeBytes: 0x6000 },
  { label: 'factory', type: 0, subtype: 0, offset: 0x10000, sizeBytes: 0x180000 },
]);
const bootloader = writeImage(virtualImageHeader, [
  {
    loadAddress: 0x3fff0030,
    data: writeBootloaderDescriptor({ idfVersion: 'v5.3', dateTime: 'Jan  1 2024 00:00:00' }),
  },
]);

/** A chip that was flashed with these, and then had single bits cleared at these addresses. */
function flashed(
  files: readonly (readonly [number, Uint8Array])[],
  faults: readonly number[] = [],
): FlashChip {
  const flash = new FlashChip();
  for (const [offset, bytes] of files) flash.program(offset, bytes);
  for (const at of faults) flipLowestSetBit(flash, at);
  return flash;
}

function flipLowestSetBit(flash: FlashChip, at: number): void {
  const byte = flash.read(at, 1)[0]!;
  if (byte === 0) throw new Error(`no set bit at ${at}`);
  flash.program(at, Uint8Array.of(byte & (byte - 1)));
}

const whole: readonly (readonly [number, Uint8Array])[] = [
  [0x1000, bootloader],
  [0x8000, table],
  [0x10000, app],
];

const textOf = (result: { log: readonly { text: string }[] }): string =>
  result.log.map(({ text }) => text).join('');

describe('boot from flash', () => {
  it('starts a whole app, and prints what ROM and second stage print', () => {
    const result = bootFromFlash(flashed(whole), { reason: 'poweron' });
    expect(result.app).to.deep.equal({ ...descriptor, wasm, buildId: '1.0.0-01234567' });
    expect(result.haltedBecause).to.equal(undefined);
    const lines = textOf(result).split('\r\n');
    expect(lines.slice(0, 3)).to.deep.equal([
      'ets Jul 29 2019 12:21:46',
      '',
      'rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)',
    ]);
    expect(lines).to.include('entry 0x40080000');
    expect(lines.join('\n')).to.match(
      /I \(\d+\) boot: {2}1 factory {10}factory app {6}00 00 00010000 00180000\n/,
    );
    expect(lines.join('\n')).to.match(
      /I \(\d+\) esp_image: segment 0: paddr=00010020 vaddr=3f400020 size=00cc0h \( {2}3264\) map\n/,
    );
    expect(lines.join('\n')).to.match(/I \(\d+\) boot: Loaded app from partition at offset 0x10000\n/);
  });

  it('stamps its lines with times that rise, no faster than the UART takes them', () => {
    const { log, readyUs } = bootFromFlash(flashed(whole), { reason: 'poweron' });
    for (let i = 1; i < log.length; i++) {
      const [before, line] = [log[i - 1]!, log[i]!];
      expect(line.atUs - before.atUs).to.be.at.least((before.text.length * 10e6) / 115_200 - 1);
    }
    expect(readyUs).to.be.above(log.at(-1)!.atUs).and.below(500_000);
  });

  it('names the reset, and the older ROM by its own banner', () => {
    const text = textOf(bootFromFlash(flashed(whole), { reason: 'watchdog', revision: 101 }));
    expect(text).to.match(/^ets Jun {2}8 2016 00:22:57\r\n\r\nrst:0x10 \(RTCWDT_RTC_RESET\),boot:0x13 /);
  });

  it('repeats that the header is invalid on a blank chip, until the watchdog resets it', () => {
    const result = bootFromFlash(new FlashChip(), { reason: 'poweron' });
    expect(textOf(result).match(/invalid header: 0xffffffff\r\n/g)).to.have.length(8);
    expect(result).to.deep.include({ haltedBecause: 'flash is blank at 0x1000', resetsAgain: 'watchdog' });
    expect(result.app).to.equal(undefined);
  });

  it('refuses a corrupt bootloader by its checksum', () => {
    const result = bootFromFlash(flashed(whole, [0x1020]), { reason: 'poweron' });
    expect(textOf(result)).to.match(/csum err:0x[0-9a-f]+!=0x[0-9a-f]+\r\nets_main\.c 384 \r\n$/);
    expect(result.resetsAgain).to.equal('watchdog');
  });

  it('finds no app when the partition table is missing', () => {
    const result = bootFromFlash(flashed([whole[0]!, whole[2]!]), { reason: 'poweron' });
    expect(textOf(result)).to.match(/E \(\d+\) boot: No bootable app partitions in the partition table\r\n$/);
    expect(result).to.deep.include({
      haltedBecause: 'no app in the partition table',
      resetsAgain: 'software',
    });
  });

  it('refuses a corrupt partition table', () => {
    const result = bootFromFlash(flashed(whole, [0x800c]), { reason: 'poweron' });
    expect(textOf(result)).to.match(
      /flash_parts: Incorrect MD5 checksum\r\nE \(\d+\) boot: Failed to verify partition table\r\nE \(\d+\) boot: load partition table error!\r\n$/,
    );
  });

  it('says that nothing is flashed where the app should be', () => {
    const text = textOf(bootFromFlash(flashed(whole.slice(0, 2)), { reason: 'poweron' }));
    expect(text).to.include('esp_image: image at 0x10000 has invalid magic byte (nothing flashed here?)');
    expect(text).to.include('boot: Factory app partition is not bootable');
  });

  it('refuses an app with a changed bit by its checksum', () => {
    const result = bootFromFlash(flashed(whole, [0x10400]), { reason: 'poweron' });
    expect(textOf(result)).to.match(
      /esp_image: Checksum failed\. Calculated 0x[0-9a-f]+ read 0x[0-9a-f]+\r\n/,
    );
    expect(result.haltedBecause).to.match(/^the app at 0x10000 does not boot: Checksum failed/);
  });

  it('refuses by its SHA-256 a change that the checksum does not see', () => {
    const flash = flashed(whole);
    const [a, b] = [0x10020 + 265, 0x10020 + 521]; // two module bytes that both have bit 0 set
    for (const at of [a, b]) flash.program(at, Uint8Array.of(flash.read(at, 1)[0]! & 0xfe));
    const result = bootFromFlash(flash, { reason: 'poweron' });
    expect(textOf(result)).to.match(/esp_image: Image hash failed - image is corrupt\r\n/);
  });

  it('refuses an app for a newer chip', () => {
    const newer = writeImage({ ...virtualImageHeader, minRevision: 300 }, []);
    const flash = flashed([whole[0]!, whole[1]!, [0x10000, newer]]);
    const text = textOf(bootFromFlash(flash, { reason: 'poweron', revision: 101 }));
    expect(text).to.include('Image requires chip rev >= v3.0, but chip is v1.1');
  });

  it('says of an app for a real ESP32 that it cannot run it', () => {
    const real = writeImage(virtualImageHeader, [{ loadAddress: 0x40080000, data: new Uint8Array(64) }]);
    const result = bootFromFlash(flashed([whole[0]!, whole[1]!, [0x10000, real]]), { reason: 'poweron' });
    expect(result.haltedBecause).to.include('was built for a real ESP32');
  });
});

describe('download mode', () => {
  it('says that it waits', () => {
    expect(textOf({ log: downloadModeLog({ reason: 'poweron' }) })).to.equal(
      'ets Jul 29 2019 12:21:46\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))\r\nwaiting for download\r\n',
    );
  });
});
