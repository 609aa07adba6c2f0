import { expect } from 'chai';
import { loadFirmwareImage } from 'esptool-js/lib/image/index.js';
import { ESP32ROM } from 'esptool-js/lib/targets/esp32.js';
import { writeImage } from './app-image.js';
import { readImage } from './read-image.js';
import { virtualImageHeader } from './virtual-app.js';

const segments = [
  { loadAddress: 0x3f400020, data: Uint8Array.from({ length: 40 }, (_, i) => i * 7) },
  { loadAddress: 0x40080000, data: new Uint8Array(12).fill(0xa5) },
];

function read(bytes: Uint8Array): Exclude<ReturnType<typeof readImage>, { fault: unknown }> {
  const image = readImage(bytes);
  if ('fault' in image) throw new Error(`unexpected fault ${JSON.stringify(image.fault)}`);
  return image;
}

describe('app image', () => {
  it('reads back what it wrote, with checksum and SHA-256 right', () => {
    const bytes = writeImage({ ...virtualImageHeader, minRevision: 301 }, segments);
    const image = read(bytes);
    expect(image.header).to.deep.equal({ ...virtualImageHeader, minRevision: 301 });
    expect(image.segments).to.deep.equal(segments);
    expect(image.dataOffsets).to.deep.equal([32, 80]);
    expect(image.checksum.stored).to.equal(image.checksum.computed);
    expect(image.sha256?.stored).to.equal(image.sha256?.computed);
    expect(image.imageBytes).to.equal(bytes.length);
  });

  it('is understood by esptool-js, which was written by others', async () => {
    const inRam = segments.map(({ data }, i) => ({ loadAddress: 0x40080000 + i * 0x1000, data }));
    const image = await loadFirmwareImage(new ESP32ROM(), writeImage(virtualImageHeader, inRam));
    expect(image.segments.map((s: { addr: number }) => s.addr)).to.deep.equal([0x40080000, 0x40081000]);
    expect(image.checksum).to.equal(image.calculateChecksum());
    expect(image.entrypoint).to.equal(0x40080000);
  });

  it('gives the checksum a block of its own when the segments end on a multiple of 16', () => {
    const image = read(
      writeImage(virtualImageHeader, [{ loadAddress: 0x40080000, data: new Uint8Array(16) }]),
    );
    expect(image.imageBytes).to.equal(24 + 8 + 16 + 16 + 32);
  });

  it('ignores what lies behind the image', () => {
    const bytes = writeImage(virtualImageHeader, segments);
    const longer = new Uint8Array(bytes.length + 100).fill(0xff);
    longer.set(bytes);
    expect(read(longer).imageBytes).to.equal(bytes.length);
  });

  it('shows a changed segment byte in checksum and SHA-256', () => {
    const bytes = writeImage(virtualImageHeader, segments);
    bytes[40] = bytes[40]! ^ 1;
    const image = read(bytes);
    expect(image.checksum.stored ^ image.checksum.computed).to.equal(1);
    expect(image.sha256?.stored).not.to.equal(image.sha256?.computed);
  });

  it('names the fault of what is no image', () => {
    const bytes = writeImage(virtualImageHeader, segments);
    expect(readImage(new Uint8Array(64).fill(0xff))).to.deep.equal({ fault: { kind: 'magic', found: 0xff } });
    expect(readImage(bytes.subarray(0, 60))).to.deep.equal({ fault: { kind: 'truncated', neededBytes: 72 } });
    const odd = bytes.slice();
    odd[28] = 41;
    expect(readImage(odd)).to.deep.equal({ fault: { kind: 'segment-length', index: 0, lengthBytes: 41 } });
  });

  it('refuses a segment that is not whole words', () => {
    expect(() => writeImage(virtualImageHeader, [{ loadAddress: 0, data: new Uint8Array(3) }])).to.throw(
      RangeError,
    );
  });
});
