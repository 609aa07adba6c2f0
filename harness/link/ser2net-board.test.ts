import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BoardConsole } from '../board/console.js';
import { flashBuild } from '../board/flash.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { readEnvironment } from '../config/environment.js';
import { createVirtualBoard } from '../virtual/virtual-board.js';
import { openLink } from './link.js';
import { servePty } from './pty.js';
import { startSer2net } from './testing/ser2net.js';
import { describeWithSer2net } from './testing/ser2net-tier.js';
import { plugIn } from './virtual-ports.js';

const mac = '24:6f:28:00:00:2e';

describeWithSer2net('board behind a real ser2net', readEnvironment().requiredTools, function () {
  this.timeout(60_000);
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-ser2net-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('boots before a monitor, and answers the bench console, over rfc2217', async () => {
    await using board = Object.assign(createVirtualBoard({ name: 'behind', mac }), {
      [Symbol.asyncDispose]: () => board.close(),
    });
    await flash(board);
    await using pty = await servePty(board, join(folder, 'tty'));
    await using server = await startSer2net(pty.path, folder);
    await using link = await openLink(`${server.url}?ign_set_control`, { baudRate: 115_200 });
    await pty.until('open');
    expect(link).to.include({ kind: 'rfc2217', clock: 'hardware' });
    let said = '';
    const hear = (bytes: Buffer): void => {
      said += bytes.toString('latin1');
    };
    link.stream.on('data', hear);
    // A pty carries no reset line: this is the button.
    board.setLines({ dtr: false, rts: true });
    board.setLines({ dtr: false, rts: false });
    while (!said.includes('"r":"boot"')) await new Promise((resolve) => link.stream.once('data', resolve));
    link.stream.off('data', hear);
    expect(said).to.match(/boot:0x1[0-9a-f] \(SPI_FAST_FLASH_BOOT\)/);
    await using console = new BoardConsole(link.stream, { board: 'behind' });
    await console.hello();
    expect((await console.info()).info).to.include({ mac });
  });
});

async function flash(board: ReturnType<typeof createVirtualBoard>): Promise<void> {
  const unplug = plugIn(board);
  try {
    await using link = await openLink(`virtual:${board.name}`, { baudRate: 115_200 });
    await flashBuild(link.stream, await buildVirtualFirmware(), { expectedMac: mac });
  } finally {
    unplug();
  }
}
