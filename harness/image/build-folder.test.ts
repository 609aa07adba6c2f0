import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { readBuild } from './build-folder.js';
import { writeVirtualApp } from './virtual-app.js';

const descriptor = {
  version: 'v1.2',
  projectName: 'tinyllm',
  time: '00:00:00',
  date: 'Jan  1 2024',
  idfVersion: 'v5.3',
  elfSha256: 'ab'.repeat(32),
};

/** As ESP-IDF 5 writes it, with keys that we do not use. */
const flasherArgs = {
  write_flash_args: ['--flash_mode', 'dio', '--flash_size', '4MB', '--flash_freq', '40m'],
  flash_settings: { flash_mode: 'dio', flash_size: '4MB', flash_freq: '40m' },
  flash_files: { '0x10000': 'app.bin', '0x1000': 'bootloader/bootloader.bin' },
  app: { offset: '0x10000', file: 'app.bin', encrypted: 'false' },
  extra_esptool_args: { after: 'hard_reset', before: 'default_reset', stub: true, chip: 'esp32' },
};

describe('build folder', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-build-'));
    mkdirSync(join(folder, 'bootloader'));
    writeFileSync(join(folder, 'bootloader', 'bootloader.bin'), new Uint8Array(100));
    writeFileSync(join(folder, 'app.bin'), writeVirtualApp({ descriptor, wasm: new Uint8Array(10) }));
    writeFileSync(join(folder, 'flasher_args.json'), JSON.stringify(flasherArgs));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads an ESP-IDF build: files by offset, chip, flash settings, id', () => {
    const build = readBuild(folder);
    expect(build.id).to.equal('v1.2-abababab');
    expect(build.chip).to.equal('esp32');
    expect(build.files.map(({ offset }) => offset)).to.deep.equal([0x1000, 0x10000]);
    expect(build.flash).to.deep.equal({ mode: 'dio', frequency: '40m', size: '4MB' });
    expect(build.app).to.deep.equal(descriptor);
  });

  it('names what is missing or wrong', () => {
    const failure = (break_: () => void): string => {
      break_();
      try {
        readBuild(folder);
      } catch (error) {
        if (error instanceof ConfigError) return error.message;
        throw error;
      }
      return 'no error';
    };
    expect(failure(() => writeFileSync(join(folder, 'app.bin'), 'no image'))).to.include(
      'app.bin is no ESP-IDF app',
    );
    expect(failure(() => rmSync(join(folder, 'app.bin')))).to.include('app.bin is missing');
    const noChip = JSON.stringify({ ...flasherArgs, extra_esptool_args: {} });
    expect(failure(() => writeFileSync(join(folder, 'flasher_args.json'), noChip))).to.include(
      'extra_esptool_args.chip',
    );
    expect(failure(() => writeFileSync(join(folder, 'flasher_args.json'), '{'))).to.include('is not JSON');
    expect(failure(() => rmSync(join(folder, 'flasher_args.json')))).to.include('does not exist');
  });

  it('refuses files that overlap in flash', () => {
    const flash_files = { '0x10000': 'app.bin', '0xffc0': 'bootloader/bootloader.bin' };
    writeFileSync(join(folder, 'flasher_args.json'), JSON.stringify({ ...flasherArgs, flash_files }));
    expect(() => readBuild(folder)).to.throw(ConfigError, 'overlaps');
  });
});
