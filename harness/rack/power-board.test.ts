import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readEnvironment } from '../config/environment.js';
import { leaseForTest } from '../lease/testing/lease-for-test.js';
import { servePty } from '../link/pty.js';
import { parseRfc2217Path } from '../link/rfc2217-url.js';
import { CableEnd } from '../link/testing/cable-end.js';
import { startSer2net } from '../link/testing/ser2net.js';
import { describeWithSer2net } from '../link/testing/ser2net-tier.js';
import { powerBoard } from './power-board.js';
import { boardSchema } from './rack-schema.js';

describeWithSer2net("the rack's board behind a real ser2net", readEnvironment().requiredTools, () => {
  it('is opened though its server confirms no lines, when its entry says so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-power-'));
    try {
      const end = new CableEnd('behind');
      await using pty = await servePty(end, join(folder, 'tty'));
      await using server = await startSer2net(pty.path, folder);
      const { host, port } = parseRfc2217Path(server.url);
      const entry = { id: 'behind', mac: '24:6f:28:00:00:2f', link: 'rfc2217', host, port };
      const board = boardSchema.parse({ ...entry, ign_set_control: true });
      await using lease = await leaseForTest(folder, board);
      await using powered = await powerBoard(board, { stateFolder: folder, lease });
      await pty.until('open');
      const heard = once(powered.link.stream, 'data');
      end.send('hello');
      expect(String((await heard)[0])).to.equal('hello');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
