import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { writeImage } from './app-image.js';
import { writePartitionTable } from './partition-table.js';
import { readSingleImage, type SingleImage } from './single-image.js';
import { virtualImageHeader, writeVirtualApp } from './virtual-app.js';

const descriptor = {
  version: '1.0.0',
  projectName: 'tinyllm',
  time: '00:00:00',
  date: 'Jan  1 2024',
  idfVersion: 'virtual',
  elfSha256: '0123456789abcdef'.repeat(4),
};
const app = writeVirtualApp({ descriptor, wasm: new Uint8Array(100) });
const bootloader = writeImage(virtualImageHeader, [{ loadAddress: 0x3fff0030, data: new Uint8Array(64) }]);
const table = writePartitionTable([]);

function merged(): Uint8Array {
  const bytes = new Uint8Array(0x10000 + app.length).fill(0xff);
  bytes.set(bootloader, 0x1000);
  bytes.set(table, 0x8000);
  bytes.set(app, 0x10000);
  return bytes;
}

describe('single image', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-image-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const read = (bytes: Uint8Array, offset?: number): SingleImage => {
    const path = join(folder, 'some.bin');
    writeFileSync(path, bytes);
    return readSingleImage(path, offset);
  };
  const placesOf = ({ files }: SingleImage): [number, number][] =>
    files.map(({ offset, bytes }) => [offset, bytes.length]);

  it('puts an app where apps go, named as its build is', () => {
    const image = read(app);
    expect(image.id).to.equal('1.0.0-01234567');
    expect(image.app).to.deep.equal(descriptor);
    expect(placesOf(image)).to.deep.equal([[0x10000, app.length]]);
    expect(placesOf(read(app, 0x20000)), 'or where it is told').to.deep.equal([[0x20000, app.length]]);
  });

  it('puts a merged image at 0, without the blank in front of it, and finds the app in it', () => {
    const image = read(merged());
    expect(image.app).to.deep.equal(descriptor);
    expect(placesOf(image)).to.deep.equal([
      [0x1000, 0xf000],
      [0x10000, app.length],
    ]);
  });

  it('puts anything else where it is told, and asks when it is not', () => {
    expect(placesOf(read(table, 0x8000))).to.deep.equal([[0x8000, table.length]]);
    expect(() => read(table)).to.throw(ConfigError, 'say with --offset where in flash it goes');
    expect(() => read(bootloader), 'an image, and no app').to.throw(ConfigError, '--offset');
  });

  it('refuses what cannot work before a board is touched', () => {
    const flipped = app.slice();
    flipped[300]! ^= 1;
    expect(() => read(flipped)).to.throw(ConfigError, 'has a wrong checksum');
    expect(() => read(app.subarray(0, 300))).to.throw(
      ConfigError,
      'begins like an ESP32 image, and is none (truncated)',
    );
    expect(() => read(writeImage({ ...virtualImageHeader, chipId: 9 }, []))).to.throw(
      ConfigError,
      'for another chip (id 9)',
    );
    expect(() => read(app, 0x10010)).to.throw(ConfigError, 'give a multiple of 0x1000');
    expect(() => read(new Uint8Array(0), 0)).to.throw(ConfigError, 'is empty');
    expect(() => readSingleImage(join(folder, 'none.bin'))).to.throw(ConfigError, 'does not exist');
  });
});
