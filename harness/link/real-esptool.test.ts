import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BoardConsole } from '../board/console.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { readEnvironment } from '../config/environment.js';
import type { Build } from '../image/build-folder.js';
import { createVirtualBoard } from '../virtual/virtual-board.js';
import { openLink } from './link.js';
import { serveRfc2217 } from './rfc2217-server.js';

const mac = '24:6f:28:00:00:42';

/** The command of an esptool that runs on this machine, if there is one. */
function findEsptool(): readonly string[] | undefined {
  const named = readEnvironment().esptoolCommand;
  const candidates = named === undefined ? [['esptool'], ['esptool.py']] : [named];
  return candidates.find(([program, ...first]) => spawnSync(program!, [...first, 'version']).status === 0);
}

const esptool = findEsptool();

if (esptool === undefined) {
  describe('a real esptool', () => {
    it.skip('skipped: none on PATH (pip install esptool, or name its command in TOKENRACK_ESPTOOL)');
  });
} else {
  describe('a real esptool', function () {
    this.timeout(120_000);
    let folder = '';
    let build: Build;
    let board: ReturnType<typeof createVirtualBoard>;
    let server: Awaited<ReturnType<typeof serveRfc2217>>;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'tokenrack-esptool-'));
      build = await buildVirtualFirmware();
      board = createVirtualBoard({ name: 'flashed', mac });
      server = await serveRfc2217(board, { port: 0 });
    });
    after(async () => {
      await server.close();
      await board.close();
      await rm(folder, { recursive: true });
    });

    /** Runs one command over RFC 2217; resolves with what it printed. */
    function run(options: readonly string[], query: string, ...command: readonly string[]): Promise<string> {
      const [program, ...first] = esptool as readonly [string, ...string[]];
      const port = ['--chip', 'esp32', '--port', server.url + query, ...options];
      return new Promise((resolve, reject) => {
        execFile(program, [...first, ...port, ...command], (error, out, err) => {
          if (error === null) resolve(out);
          else reject(new Error(`${command[0]} ${options.join(' ')}: ${out.slice(-500)} ${err.slice(-500)}`));
        });
      });
    }

    async function readBack(options: readonly string[], query: string, bytes: number): Promise<Buffer> {
      const file = join(folder, 'read.bin');
      await run(options, query, 'read_flash', '0x10000', String(bytes), file);
      return readFile(file);
    }

    const ways = [
      { title: 'with its stub at 115200 baud', options: ['--baud', '115200'], query: '' },
      { title: 'with its stub at 921600 baud', options: ['--baud', '921600'], query: '?ign_set_control' },
      { title: 'by the ROM at 115200 baud', options: ['--no-stub', '--baud', '115200'], query: '' },
      {
        title: 'by the ROM at 921600 baud',
        options: ['--no-stub', '--baud', '921600'],
        query: '?ign_set_control',
      },
    ];
    for (const { title, options, query } of ways) {
      it(`flashes, verifies and reads back ${title}`, async () => {
        const images = build.files.flatMap(({ offset, path }) => [`0x${offset.toString(16)}`, path]);
        expect(await run(options, query, 'write_flash', ...images)).to.match(/Hash of data verified/);
        expect(await run(options, query, 'verify_flash', ...images)).to.match(/verif/i);
        const app = build.files.find(({ offset }) => offset === 0x10000)!;
        const read = await readBack(options, query, 4096);
        expect(read.equals(app.bytes.subarray(0, 4096))).to.equal(true);
      });
    }

    it('leaves a board that boots what was flashed', async () => {
      await using link = await openLink(server.url, { baudRate: 115_200 });
      await using console = new BoardConsole(link.stream, { board: 'flashed' });
      await console.restart();
      await console.hello();
      expect((await console.info()).info).to.include({ mac, build: build.id });
    });

    it('reads the chip, its MAC and its flash', async () => {
      expect(await run([], '', 'flash_id'))
        .to.include(mac)
        .and.match(/4MB/);
    });

    it('erases a region, and the whole chip', async () => {
      await run([], '', 'erase_region', '0x11000', '0x1000');
      const half = await readBack(['--baud', '921600'], '', 8192);
      expect([...half.subarray(4096)].every((byte) => byte === 0xff)).to.equal(true);
      expect(half[0], 'the sector before it stays').to.equal(0xe9);
      await run([], '', 'erase_flash');
      const all = await readBack(['--baud', '921600'], '', 8192);
      expect([...all].every((byte) => byte === 0xff)).to.equal(true);
    });
  });
}
