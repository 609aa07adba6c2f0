import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BoardConsole } from '../board/console.js';
import { flashBuild } from '../board/flash.js';
import { failureOf } from '../board/testing/bench.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import type { Build } from '../image/build-folder.js';
import { openLink } from '../link/link.js';
import { exportCard } from '../model/export-card.js';
import { readCheckpoint } from '../model/read-checkpoint.js';
import { packageRoot } from '../paths.js';

const mac = '24:6f:28:00:00:77';

interface Served {
  readonly where: string;
  readonly said: Record<string, unknown>;
  /** As Ctrl-C does; resolves with the exit code. */
  interrupt(): Promise<number | null>;
}

describe('tokenrack virtual', function () {
  this.timeout(60_000);
  let folder = '';
  let build: Build;
  const running = new Set<ChildProcess>();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-serve-'));
    build = await buildVirtualFirmware();
  });
  afterEach(() => {
    for (const child of running) child.kill('SIGKILL');
    running.clear();
  });
  after(() => rm(folder, { recursive: true }));

  function start(...args: readonly string[]): ChildProcess & { stdout: NodeJS.ReadableStream } {
    const main = join(packageRoot, 'dist', 'cli', 'main.js');
    const child = spawn(process.execPath, [main, 'virtual', ...args], { cwd: folder });
    running.add(child);
    return child;
  }

  async function serve(...args: readonly string[]): Promise<Served> {
    const child = start('--json', ...args);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const said = JSON.parse(line.toString()) as Record<string, unknown>;
    const exited = once(child, 'exit');
    const interrupt = async (): Promise<number | null> => {
      child.kill('SIGINT');
      return ((await exited) as [number | null])[0];
    };
    return { where: String(said.where), said, interrupt };
  }

  async function refusal(...args: readonly string[]): Promise<{ code: number; text: string }> {
    const child = start(...args);
    let text = '';
    child.stderr?.on('data', (bytes: Buffer) => {
      text += bytes.toString();
    });
    const [code] = (await once(child, 'close')) as [number];
    return { code, text };
  }

  it('is flashed and talked to over the network as a real board, and keeps its flash between clients', async () => {
    const served = await serve('--rfc2217', '0', '--mac', mac);
    expect(served.said).to.include({ board: 'virtual-000077', mac, clock: 'modelled' });
    expect(served.where).to.match(/^rfc2217:\/\/127\.0\.0\.1:\d+$/);
    const link = await openLink(served.where, { baudRate: 115_200, clock: 'modelled' });
    expect(await flashBuild(link.stream, build, { expectedMac: mac })).to.include({ mac });
    await link.close();
    await using again = await openLink(served.where, { baudRate: 115_200 });
    await using console = new BoardConsole(again.stream, { board: 'served' });
    await console.restart();
    await console.hello();
    expect((await console.info()).info).to.include({ mac, build: build.id });
    expect(await served.interrupt()).to.equal(0);
  });

  it('has a card with the unreadable sectors that it was told of', async () => {
    const model = await readCheckpoint(join(packageRoot, 'fixtures', 'models', 'little-stories'));
    const card = join(folder, 'card');
    await exportCard(model, join(card, 'model'));
    const served = await serve(
      ...['--rfc2217', '0', '--mac', mac, '--card', card, '--card-fault', 'model/norm2.bin:0'],
    );
    await using link = await openLink(served.where, { baudRate: 115_200, clock: 'modelled' });
    await flashBuild(link.stream, build, { expectedMac: mac });
    await using console = new BoardConsole(link.stream, { board: 'served' });
    await console.restart();
    await console.hello();
    const refusal = await failureOf(console.load('model'));
    expect(refusal.details.refusal).to.include({
      code: 'card_read',
      msg: 'model/norm2.bin could not be read',
    });
    await served.interrupt();
  });

  it('gives its board back when it is interrupted, so that another process can have it', async () => {
    const first = await serve('--rfc2217', '0', '--mac', '24:6f:28:00:00:78');
    const busy = await refusal('--rfc2217', '0', '--mac', '24:6f:28:00:00:78', '--wait', '0');
    expect(busy.code).to.equal(3);
    expect(busy.text).to.match(
      /^tokenrack: infra-fail: .*: busy: \S+@\S+ \(process \d+\) has it for virtual; .*\n$/,
    );
    expect(await first.interrupt()).to.equal(0);
    const second = await serve('--rfc2217', '0', '--mac', '24:6f:28:00:00:78');
    expect(await second.interrupt()).to.equal(0);
    expect(existsSync(join(folder, '.tokenrack', 'boards', '24-6f-28-00-00-78', 'lock'))).to.equal(false);
  });

  it('takes a board of the rack, with what the rack says of it', async () => {
    const served = await serve('--rfc2217', '0', '--board', 'cam-2');
    expect(served.said).to.include({ board: 'cam-2', mac: '24:6f:28:7a:00:02' });
    await served.interrupt();
  });

  it('refuses in one line what contradicts itself', async () => {
    for (const [message, ...args] of [
      [/--rfc2217 PORT or --pty/],
      [/--rfc2217 PORT or --pty/, '--rfc2217', '0', '--pty'],
      [/a number from 0 to 65535/, '--rfc2217', '99999'],
      [/leave one out/, '--rfc2217', '0', '--board', 'cam-1', '--mac', mac],
      [/no such folder/, '--rfc2217', '0', '--card', 'nowhere'],
      [/PATH:OFFSET, such as/, '--rfc2217', '0', '--card-fault', 'norm1.bin'],
      [/norm9.bin: no such file/, '--rfc2217', '0', '--card', '.', '--card-fault', 'norm9.bin:0'],
      [/no board "cam-9"/, '--rfc2217', '0', '--board', 'cam-9'],
      [/six lower-case hex bytes/, '--rfc2217', '0', '--mac', '24:6F'],
    ] as const) {
      const { code, text } = await refusal(...args);
      expect(text).to.match(message);
      expect(text.trim().split('\n'), text).to.have.length(1);
      expect(code).to.equal(2);
    }
  });
});
