import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { flashBuild } from '../board/flash.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import type { Build } from '../image/build-folder.js';
import { openLink } from '../link/link.js';
import { serveRfc2217 } from '../link/rfc2217-server.js';
import { loadFlash } from '../virtual/flash-chip-file.js';
import { createVirtualBoard } from '../virtual/virtual-board.js';
import { knownAs } from './identity.js';
import { boardSchema } from './rack-schema.js';

const [firstMac, secondMac] = ['24:6f:28:00:00:41', '24:6f:28:00:00:42'] as const;

const rack = {
  path: 'rack.yaml',
  boards: [
    boardSchema.parse({ id: 'left', link: 'usb', port: '/dev/ttyUSB0', mac: firstMac }),
    boardSchema.parse({ id: 'right', link: 'usb', port: '/dev/ttyUSB1', mac: secondMac }),
  ],
};

describe('a board exchanged for another under the same port name', function () {
  this.timeout(60_000);
  let folder = '';
  let build: Build;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-swap-'));
    build = await buildVirtualFirmware();
  });
  after(() => rm(folder, { recursive: true }));

  /** Serves the board with this MAC at `port` while `act` runs; 0: any port. */
  async function served(mac: string, port: number, act: (port: number) => Promise<void>): Promise<void> {
    await using board = createVirtualBoard({ name: `chip-${mac.at(-1)}`, mac, flashFile: join(folder, mac) });
    await using server = await serveRfc2217(board, { port });
    await act(server.port);
  }

  /** As a run does it: by the port's name, with the MAC that the rack file has for it. */
  async function flash(port: number, expectedMac: string) {
    await using link = await openLink(`rfc2217://127.0.0.1:${port}`, { baudRate: 115_200 });
    return await flashBuild(link.stream, build, { expectedMac, knownAs: knownAs(rack) });
  }

  const flashOf = (mac: string) => loadFlash(join(folder, mac)).read(0, 4 << 20);

  it('is noticed before anything is flashed, and both are named', async () => {
    let port = 0;
    await served(firstMac, 0, async (at) => {
      port = at;
      expect((await flash(port, firstMac)).writtenBytes).to.be.above(0);
    });
    const before = flashOf(secondMac);
    await served(secondMac, port, async () => {
      const error = await flash(port, firstMac).catch((thrown) => thrown);
      expect(error).to.include({ code: 'wrong-board', failureClass: 'infra-fail' });
      expect(error.message).to.equal(
        `rfc2217://127.0.0.1:${port}: expected board ${firstMac}, found ${secondMac}, which is right of rack.yaml; nothing was flashed, check rack.yaml and the cables`,
      );
    });
    expect(Buffer.compare(before, flashOf(secondMac)), 'not one byte of flash changed').to.equal(0);
    await served(secondMac, port, async () => {
      await flash(port, secondMac);
    });
    expect(Buffer.compare(before, flashOf(secondMac)), 'flashing it would have shown').to.not.equal(0);
  });

  it('is named by its MAC alone when no rack file knows it', () => {
    expect(knownAs(rack)('24:6f:28:00:00:43')).to.equal(undefined);
  });
});
