import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { FlashResult } from '../board/flash-result.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import type { Build } from '../image/build-folder.js';
import { serveRfc2217 } from '../link/rfc2217-server.js';
import { packageRoot } from '../paths.js';
import { createVirtualBoard } from '../virtual/virtual-board.js';

const run = promisify(execFile);

interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

describe('tokenrack flash', function () {
  this.timeout(120_000);
  let folder = '';
  let build: Build;

  before(async () => {
    build = await buildVirtualFirmware();
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-flash-cli-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  function flash(...args: string[]): Promise<Ended> {
    const main = join(packageRoot, 'dist', 'cli', 'main.js');
    const env = { ...process.env, TOKENRACK_STATE: folder, TOKENRACK_MACHINE: join(folder, 'machine') };
    return run(process.execPath, [main, 'flash', ...args, '--board', 'cam-1'], { env }).then(
      (output) => ({ ...output, code: 0 }),
      (error: Ended) => error,
    );
  }

  it('flashes a build folder, then only what differs, and says what the wire gave', async () => {
    const first = await flash(build.folder, '--no-compress');
    expect(first.stderr).to.match(/^flashing 0x[0-9a-f]+: 100% of \d+ bytes\n$/);
    expect(first.stdout).to.match(/^cam-1: ESP32 revision v3.1, 24:6f:28:7a:00:01\n/);
    expect(first.stdout).to.match(
      /flashed and verified in \d\.\d s \(modelled\): \d+ bytes written, 8192 were there already/,
    );
    expect(first.stdout).to.match(
      /\d+ payload bytes a second at 921600 baud, \d+% of the 92160 that the wire carries/,
    );
    expect(first.stdout).to.match(/\ncam-1: booted build \S+, ELF [0-9a-f]{16} as flashed\n$/);
    const again = JSON.parse((await flash(build.folder, '--json')).stdout);
    expect(again).to.include({ board: 'cam-1', build: build.id, clock: 'modelled', retries: 0 });
    const written = (again as FlashResult).regions.filter(({ writtenBytes }) => writtenBytes > 0);
    const recorded = 'the first boot recorded its app slot where the build is blank';
    expect(written, recorded).to.deep.equal([
      { offset: 0xd000, bytes: 8192, skipped: false, writtenBytes: 8192 },
    ]);
    const appOnly = JSON.parse((await flash(build.folder, '--app-only', '--json')).stdout);
    expect(appOnly).to.include({ writtenBytes: 0 }).and.not.have.property('wire');
  });

  it('flashes an app by itself, or as a file, onto an erased chip by the ROM', async () => {
    const asFile = JSON.parse((await flash(build.appFile.path, '--erase', '--no-stub', '--json')).stdout);
    expect(asFile.regions).to.deep.equal([
      {
        offset: 0x10000,
        bytes: build.appFile.bytes.length,
        skipped: false,
        writtenBytes: build.appFile.bytes.length,
      },
    ]);
    expect(asFile.boot).to.match(/does not boot by itself: .*invalid header/);
    const appOnly = JSON.parse((await flash(build.folder, '--app-only', '--json')).stdout);
    expect(appOnly.regions).to.deep.include({ ...asFile.regions[0], skipped: true, writtenBytes: 0 });
  });

  it('flashes no board but the one meant, and says what the rack calls the other', async () => {
    const mac = '24:6f:28:00:00:62';
    await using other = createVirtualBoard({ name: 'other', mac, flashFile: join(folder, 'other.bin') });
    await using server = await serveRfc2217(other, { port: 0 });
    const behind = `link: rfc2217, host: 127.0.0.1, port: ${server.port}, clock: modelled`;
    const rack = join(folder, 'rack.yaml');
    writeFileSync(
      rack,
      `boards:\n  - {id: cam-1, mac: "24:6f:28:00:00:61", ${behind}}\n  - {id: cam-2, mac: "${mac}", ${behind}}\n`,
    );
    const { code, stderr } = await flash(build.folder, '--rack', rack);
    expect(stderr).to.match(/expected board 24:6f:28:00:00:61, found 24:6f:28:00:00:62, which is cam-2 of/);
    expect(code).to.equal(3);
  });

  it('refuses contradictions before a board is touched', async () => {
    const refusals: [string[], RegExp][] = [
      [[build.folder, '--offset', '0x20000'], /--offset is for image files/],
      [[build.appFile.path, '--app-only'], /--app-only is for build folders/],
      [
        [build.folder, '--app-only', '--erase'],
        /--erase would leave --app-only nothing to start the app with/,
      ],
      [[build.appFile.path, '--offset', 'here'], /an offset is a number like 0x10000/],
    ];
    for (const [args, message] of refusals)
      expect(await flash(...args))
        .to.include({ code: 2 })
        .and.property('stderr')
        .match(message);
  });
});
