import { spawnSync } from 'node:child_process';
import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError, InfraError } from '../errors.js';
import { openLink } from './link.js';
import { describeLinkContract } from './link-contract.js';
import { servePty } from './pty.js';
import { CableEnd } from './testing/cable-end.js';
import { usbBinding } from './usb.js';

const hasSocat = process.platform !== 'win32' && spawnSync('socat', ['-V']).status === 0;

if (hasSocat) {
  describeLinkContract(
    'usb, over a pty',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'tokenrack-pty-'));
      const end = new CableEnd('pty');
      const pty = await servePty(end, join(folder, 'tty'));
      return {
        binding: await usbBinding(),
        path: pty.path,
        opened: () => pty.until('open'),
        send: (text) => end.send(text),
        heard: () => end.heard,
        baudRate: () => end.baudRate,
        lines: () => end.lines,
        unplug: () => void pty.close(),
        close: async () => {
          await pty.close();
          await rm(folder, { recursive: true });
        },
      };
    },
    {
      list: 'systems list hardware only',
      lines: 'a pty has no modem lines',
      'lines at once': 'a pty has no modem lines',
      rate: 'a pty does not tell its rate',
      lock: 'each opening is a pty of its own',
      'hang-up':
        'now and then the binding reads for ever after a hang-up: @serialport/bindings-cpp, issue 162',
      drain: 'a pty is drained when its other end has room, not when it has read',
    },
  );
} else {
  describe('usb, over a pty: link contract', () => {
    it.skip('skipped: socat is not on PATH (apt install socat, brew install socat)');
  });
}

describe('pty', () => {
  let folder = '';
  const failure = (action: Promise<unknown>): Promise<unknown> =>
    action.then(
      () => undefined,
      (error: unknown) => error,
    );
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-pty-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('says what is missing where there is no socat', async function () {
    if (process.platform === 'win32') this.skip();
    const path = process.env.PATH;
    process.env.PATH = folder;
    try {
      const error = await failure(servePty(new CableEnd('none'), join(folder, 'tty')));
      expect(error).to.be.instanceOf(InfraError).and.include({ code: 'no-pty' });
      expect((error as Error).message).to.match(/^a pty needs socat, and it is not on PATH: install it/);
    } finally {
      process.env.PATH = path;
    }
  });

  it('takes its path away with it, and leaves a file alone that is there already', async function () {
    if (!hasSocat) this.skip();
    const path = join(folder, 'tty');
    const pty = await servePty(new CableEnd('path'), path);
    expect((await lstat(path)).isSymbolicLink()).to.equal(true);
    await pty.close();
    expect(await readdir(folder)).to.deep.equal([]);
    await writeFile(path, 'mine');
    const error = await failure(servePty(new CableEnd('path'), path));
    expect(error).to.be.instanceOf(ConfigError).and.include({ code: 'path-taken' });
  });

  it('is told apart from a board by its missing modem lines, in one line', async function () {
    if (!hasSocat) this.skip();
    await using pty = await servePty(new CableEnd('lines'), join(folder, 'tty'));
    const error = await failure(openLink(pty.path, { baudRate: 115_200 }));
    expect(error).to.be.instanceOf(InfraError).and.include({ code: 'no-modem-lines' });
  });

  it('serves one program after the other', async function () {
    if (!hasSocat) this.skip();
    const end = new CableEnd('again');
    await using pty = await servePty(end, join(folder, 'tty'));
    const binding = await usbBinding();
    for (const word of ['one', 'two']) {
      await pty.until('waiting');
      const port = await binding.open({ path: pty.path, baudRate: 115_200 });
      await pty.until('open');
      end.send(word);
      const buffer = Buffer.alloc(10);
      const { bytesRead } = await port.read(buffer, 0, 10);
      expect(buffer.toString('latin1', 0, bytesRead)).to.equal(word);
      await port.close();
      await pty.until('waiting');
    }
  });
});
