import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { seededRandom } from '../virtual/flash-power-loss.js';
import { createVirtualBoard, type VirtualBoard } from '../virtual/virtual-board.js';
import { type Rfc2217Server, serveRfc2217 } from './rfc2217-server.js';

const run = promisify(execFile);

/** How esptool may be called, whichever version: a command of its own, or a module of Python with pyserial. */
const candidates: readonly (readonly [string, ...string[]])[] = [
  ['esptool'],
  ['esptool.py'],
  ['python3', '-m', 'esptool'],
];

async function findEsptool(): Promise<readonly [string, ...string[]] | undefined> {
  for (const [command, ...args] of candidates) {
    const works = await run(command, [...args, 'version']).then(
      ({ stdout }) => /^esptool(\.py)? v\d/m.test(stdout),
      () => false,
    );
    if (works) return [command, ...args];
  }
  return undefined;
}

/** Espressif's own flasher, which is not part of this package: run by whoever has it. */
describe('esptool on a virtual board over RFC 2217', function () {
  this.timeout(120_000);
  const mac = '24:6f:28:00:00:0b';
  const place = '0x1f000';
  let esptool: readonly [string, ...string[]];
  let folder = '';
  let board: VirtualBoard;
  let server: Rfc2217Server;

  before(async function () {
    const found = await findEsptool();
    if (found === undefined) {
      console.log('      skipped: no esptool on PATH, and none in python3 (pip install esptool)');
      this.skip();
    }
    esptool = found;
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-esptool-'));
    const random = seededRandom(4);
    writeFileSync(
      join(folder, 'data.bin'),
      Uint8Array.from({ length: 70_000 }, () => random() * 256),
    );
    board = createVirtualBoard({ name: 'esptool', mac });
    server = await serveRfc2217(board, { port: 0 });
  });
  after(async () => {
    await server?.close();
    await board?.close();
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  /** What it prints; fails when it does. */
  async function obey(...args: string[]): Promise<string> {
    const [command, ...first] = esptool;
    const { stdout } = await run(command, [...first, '--chip', 'esp32', '--port', server.url, ...args], {
      cwd: folder,
    });
    return stdout;
  }

  for (const baudRate of ['115200', '921600']) {
    for (const stub of [[], ['--no-stub']]) {
      it(`says who it is, flashes, verifies and reads back at ${baudRate} baud ${stub.join('') || 'by the stub'}`, async () => {
        const before = [...stub, '--baud', baudRate];
        expect(await obey(...before, 'flash_id'))
          .to.match(/Manufacturer: ef\s+Device: 4016/)
          .and.include(mac);
        await obey(...before, 'write_flash', place, 'data.bin');
        await obey(...before, 'verify_flash', place, 'data.bin');
        await obey(...before, 'write_flash', '-u', place, 'data.bin');
        await obey(...before, 'read_flash', place, '10000', 'back.bin');
        const [back, data] = ['back.bin', 'data.bin'].map((name) => readFileSync(join(folder, name)));
        expect(back!.equals(data!.subarray(0, 10_000))).to.equal(true);
      });
    }

    it(`erases a region, and the chip, by the stub at ${baudRate} baud`, async () => {
      const blank = async (): Promise<boolean> => {
        await obey('--baud', baudRate, 'read_flash', place, '4096', 'back.bin');
        return readFileSync(join(folder, 'back.bin')).every((byte) => byte === 255);
      };
      for (const erase of [['erase_region', place, '0x1000'], ['erase_flash']]) {
        await obey('write_flash', place, 'data.bin');
        expect(await blank()).to.equal(false);
        await obey('--baud', baudRate, ...erase);
        expect(await blank()).to.equal(true);
      }
    });
  }
});
