import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { InfraError } from '../errors.js';
import { openLink } from '../link/link.js';
import { servePty } from '../link/pty.js';
import { type Rfc2217Server, serveRfc2217 } from '../link/rfc2217-server.js';
import { CableEnd } from '../link/testing/cable-end.js';
import { freePort } from '../link/testing/free-port.js';
import type { PluggedBoard } from '../link/virtual-ports.js';
import { createVirtualBoard, type VirtualBoard } from '../virtual/virtual-board.js';
import { readRack } from './rack-file.js';
import { changesRack, type Scan, scanRack, writeRack } from './scan.js';

const hasSocat = process.platform !== 'win32' && spawnSync('socat', ['-V']).status === 0;

describe('rack scan', function () {
  this.timeout(60_000);
  let folder = '';
  let path = '';
  const boards: VirtualBoard[] = [];
  const servers: Rfc2217Server[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-scan-'));
    path = join(folder, 'rack.yaml');
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    for (const board of boards.splice(0)) await board.close();
    await rm(folder, { recursive: true });
  });

  function makeBoard(last: string, revision = 301): VirtualBoard {
    const board = createVirtualBoard({ name: `scan-${last}`, mac: `24:6f:28:00:00:${last}`, revision });
    boards.push(board);
    return board;
  }

  async function serve(board: PluggedBoard): Promise<string> {
    const server = await serveRfc2217(board, { port: 0 });
    servers.push(server);
    return server.url;
  }

  function scan(...named: readonly string[]): Promise<Scan> {
    return scanRack({ path, named, timeoutMs: 20_000, list: async () => [] });
  }

  it('finds boards behind serial servers by MAC and revision, and writes a rack that can be read', async () => {
    const urls = [await serve(makeBoard('a1')), await serve(makeBoard('a2', 100))];
    const done = await scan(urls[0]!, `${urls[1]}?ign_set_control`);
    expect(done.plan.ports).to.deep.equal([]);
    expect(await readdir(folder), 'only shown').to.deep.equal([]);
    await writeRack(path, done);
    const rack = await readRack(path);
    expect(rack.boards.map((one) => [one.id, one.mac, one.chip_revision])).to.deep.equal([
      ['cam-1', '24:6f:28:00:00:a1', 301],
      ['cam-2', '24:6f:28:00:00:a2', 100],
    ]);
    expect(rack.boards[0], 'the server says that it is virtual').to.include({ clock: 'modelled' });
    expect(await readdir(folder)).to.deep.equal(['rack.yaml']);
    expect(rack.boards[1], 'as it was reached').to.include({ ign_set_control: true });
    const again = await scan(...urls);
    expect(changesRack(again.plan), 'found where the file has them').to.equal(false);
    expect(again.plan.boards.map(({ kind }) => kind)).to.deep.equal(['found', 'found']);
  });

  it('leaves the board running its app', async () => {
    const board = makeBoard('a3');
    let said = '';
    board.onBytes((bytes) => {
      said += Buffer.from(bytes).toString('latin1');
    });
    const done = await scan(await serve(board));
    expect(done.plan.boards).to.have.length(1);
    while (!/boot:0x1[0-9a-f] .*FLASH_BOOT.*$/s.test(said.slice(said.lastIndexOf('boot:'))))
      await new Promise((resolve) => setImmediate(resolve));
    expect(said, 'it was in its loader').to.match(/waiting for download/);
  });

  it('says of each port that gave no board why, and finds the others meanwhile', async () => {
    const url = await serve(makeBoard('a4'));
    const busy = await serve(new CableEnd('busy'));
    await using _user = await openLink(busy, { baudRate: 115_200 });
    const nothing = `rfc2217://127.0.0.1:${await freePort()}`;
    const silent = await serve(new CableEnd('silent'));
    const other = await serve(asAnotherChip(makeBoard('a5')));
    const done = await scanRack({
      path,
      named: [busy, nothing, silent, other, '/dev/tokenrack-none', url],
      timeoutMs: 6000,
      list: async () => [],
    });
    expect(done.plan.boards.map(({ mac }) => mac)).to.deep.equal(['24:6f:28:00:00:a4']);
    expect(done.plan.ports.map(({ code }) => code)).to.deep.equal([
      'busy',
      'unreachable',
      'no-answer',
      'other-chip',
      'missing',
    ]);
    for (const [index, port] of [busy, nothing, silent, other].entries())
      expect(done.plan.ports[index]?.message).to.match(new RegExp(`^${port}: .`));
    expect(done.plan.ports[3]?.message).to.match(/ESP32-S2; only ESP32 is supported/);
  });

  it('sees a board in its loader behind a pty, and says that it cannot be used there', async function () {
    if (!hasSocat) this.skip();
    const board = makeBoard('a6');
    board.setLines({ dtr: true, rts: true });
    board.setLines({ dtr: true, rts: false });
    board.setLines({ dtr: false, rts: false });
    await using pty = await servePty(board, join(folder, 'tty'));
    const { plan } = await scan(pty.path);
    expect(plan.boards).to.deep.equal([]);
    expect(plan.ports.map(({ code }) => code)).to.deep.equal(['no-modem-lines']);
    expect(plan.ports[0]?.message).to.match(/has board 24:6f:28:00:00:a6, and no modem lines/);
  });

  it('holds the board that the file has at a port, and leaves a board alone that is held by somebody', async () => {
    const url = await serve(makeBoard('a7'));
    await writeRack(path, await scan(url));
    const held: string[] = [];
    const hold = async ({ id }: { id: string }): Promise<AsyncDisposable> => {
      held.push(id);
      return { [Symbol.asyncDispose]: async () => void held.push(`${id} released`) };
    };
    const options = { path, named: [], timeoutMs: 20_000, list: async () => [] };
    await scanRack({ ...options, hold });
    expect(held).to.deep.equal(['cam-1', 'cam-1 released']);
    const refuse = async (): Promise<AsyncDisposable> => {
      throw new InfraError('lease-busy', 'cam-1: ann@desk has it');
    };
    const { plan } = await scanRack({ ...options, hold: refuse });
    expect(plan.boards).to.deep.equal([
      { kind: 'missing', id: 'cam-1', mac: '24:6f:28:00:00:a7', reason: 'cam-1: ann@desk has it' },
    ]);
  });

  it('does not write over what somebody else wrote meanwhile, and keeps the mode of the file', async () => {
    const url = await serve(makeBoard('a8'));
    const virtual = 'boards:\n  - {id: v, link: virtual, mac: "24:6f:28:00:00:01"} # mine\n';
    await writeFile(path, virtual, { mode: 0o640 });
    const done = await scan(url);
    await writeFile(path, `${virtual}# another hand\n`);
    const error = await writeRack(path, done).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(InfraError).and.include({ code: 'rack-changed' });
    await writeFile(path, virtual);
    await writeRack(path, done);
    expect(await readFile(path, 'utf8')).to.match(/^boards:\n {2}- \{id: v, .*\} # mine\n {2}- id: cam-1\n/);
    if (process.platform !== 'win32') expect((await stat(path)).mode & 0o777).to.equal(0o640);
  });

  it('goes on without the list where the system has none, and ends when it is interrupted', async () => {
    const list = async (): Promise<never> => Promise.reject(new Error('spawn udevadm ENOENT'));
    const options = { path, named: [await serve(makeBoard('a9'))], timeoutMs: 20_000, list };
    const done = await scanRack(options);
    expect(done).to.include({ unlisted: 'spawn udevadm ENOENT' });
    expect(done.plan.boards).to.have.length(1);
    const stopped = new Error('interrupted');
    const end = new CableEnd('silent');
    const silent = await serve(end);
    // Before the port is open, with the port open, and in the middle of a question.
    for (const isTime of [() => true, () => end.lines.length > 0, () => end.heard.length > 0]) {
      const stop = new AbortController();
      const scanning = scanRack({ ...options, named: [silent], signal: stop.signal });
      const ended = scanning.catch((caught: unknown) => caught);
      while (!isTime()) await new Promise((resolve) => setImmediate(resolve));
      stop.abort(stopped);
      expect(await ended).to.equal(stopped);
      end.lines.length = 0;
    }
  });
});

/** A board whose chip says that it is an ESP32-S2, by the register that tells (0x40001000). */
function asAnotherChip(board: VirtualBoard): PluggedBoard {
  const [esp32, esp32s2] = [Buffer.from('831df000', 'hex'), Buffer.from('c6070000', 'hex')];
  const replaced = (bytes: Uint8Array): Uint8Array => {
    const copy = Buffer.from(bytes);
    const at = copy.indexOf(esp32);
    if (at >= 0) esp32s2.copy(copy, at);
    return copy;
  };
  return {
    name: board.name,
    mac: board.mac,
    write: (bytes) => board.write(bytes),
    onBytes: (listener) => board.onBytes((bytes, timeUs) => listener(replaced(bytes), timeUs)),
    onGone: (listener) => board.onGone(listener),
    setLines: (lines) => board.setLines(lines),
    setBaud: (baudRate) => board.setBaud(baudRate),
  };
}
