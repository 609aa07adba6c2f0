import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { flashBuild } from '../board/flash.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import type { Build } from '../image/build-folder.js';
import { loadFlash } from '../virtual/flash-chip-file.js';
import { buildProbe } from '../virtual/testing/probe-flash.js';
import { createVirtualBoard, type VirtualBoard } from '../virtual/virtual-board.js';
import { type OpenLink, openLink } from './link.js';
import { plugIn } from './virtual-ports.js';

const mac = '24:6f:28:00:00:02';

/** Resets the board into its app by RTS. */
async function restart({ stream }: OpenLink): Promise<void> {
  for (const rts of [true, false]) await new Promise((resolve) => stream.set({ dtr: false, rts }, resolve));
}

/** Collects what comes over a link. */
function listen(link: OpenLink) {
  const heard = { text: '' };
  link.stream.on('data', (bytes: Buffer) => {
    heard.text += bytes.toString('latin1');
  });
  // Flashing leaves the stream paused.
  link.stream.resume();
  const until = async (pattern: RegExp): Promise<void> => {
    while (!pattern.test(heard.text)) await new Promise((resolve) => link.stream.once('data', resolve));
  };
  return { heard, until };
}

describe('virtual board over its link', function () {
  this.timeout(60_000);
  let folder = '';
  let probe: Build;
  let board: VirtualBoard;
  let unplug: () => void;

  before(async () => {
    probe = await buildProbe(buildVirtualFirmware);
    folder = mkdtempSync(join(tmpdir(), 'tokenrack-link-'));
  });
  afterEach(async () => {
    unplug();
    await board.close();
  });
  after(() => rmSync(folder, { recursive: true }));

  const power = (options: { flashFile?: string } = {}): void => {
    board = createVirtualBoard({ name: 'chain', mac, ...options });
    unplug = plugIn(board);
  };

  for (const useStub of [true, false]) {
    it(`is flashed by esptool-js ${useStub ? 'with' : 'without'} the stub, and boots what was flashed`, async () => {
      power();
      await using link = await openLink('virtual:chain', { baudRate: 115_200 });
      const result = await flashBuild(link.stream, probe, { expectedMac: mac, useStub });
      expect(result).to.include({ mac });
      const { heard, until } = listen(link);
      await restart(link);
      await until(/ready\n/);
      link.stream.write('c\n');
      await until(/rev=301 mac=24:6f:28:00:00:02 reset=poweron .*\n/);
      expect(heard.text).to.include(`build=${probe.id}`);
    });
  }

  it('keeps its flash in a file, and boots from it when it is powered again', async () => {
    const flashFile = join(folder, 'kept.bin');
    power({ flashFile });
    const link = await openLink('virtual:chain', { baudRate: 115_200 });
    await flashBuild(link.stream, probe, { expectedMac: mac });
    await link.close();
    unplug();
    await board.close();
    expect([...loadFlash(flashFile).writtenSectors()].length).to.be.above(2);
    power({ flashFile });
    await using again = await openLink('virtual:chain', { baudRate: 115_200 });
    await listen(again).until(/ready\n/);
  });

  it('keeps what was flashed when it has to be torn out of a loop that never calls the board', async () => {
    power();
    await using link = await openLink('virtual:chain', { baudRate: 115_200 });
    await flashBuild(link.stream, probe, { expectedMac: mac });
    const { heard, until } = listen(link);
    await restart(link);
    await until(/ready\n/);
    link.stream.write('l\n');
    await until(/looping\n/);
    heard.text = '';
    await restart(link);
    await until(/rst:0x1[\s\S]*ready\n/);
  });

  it('keeps what the app itself wrote to flash, also when it has to be torn out of its next life', async () => {
    power();
    await using link = await openLink('virtual:chain', { baudRate: 115_200 });
    await flashBuild(link.stream, probe, { expectedMac: mac });
    const { heard, until } = listen(link);
    await restart(link);
    await until(/ready\n/);
    link.stream.write('W 0 16 7\nR\n');
    await until(/0 400\nrestarting\n[\s\S]*ready\n/);
    link.stream.write('l\n');
    await until(/looping\n/);
    heard.text = '';
    await restart(link);
    await until(/rst:0x1[\s\S]*ready\n/);
    link.stream.write('F\nP 15\nP 16\n');
    await until(/ready\n0\n7\n255\n/);
  });

  it('stamps what it says with its own time, which goes on over flashing and resets', async () => {
    power();
    await using link = await openLink('virtual:chain', { baudRate: 115_200 });
    await flashBuild(link.stream, probe, { expectedMac: mac });
    const { until } = listen(link);
    await restart(link);
    await until(/ready\n/);
    const readyUs = link.arrivalUs();
    expect(readyUs, 'erasing and booting take modelled time').to.be.above(500_000);
    link.stream.write('t 300000\n');
    await until(/0 300000\n/);
    expect(link.arrivalUs() - readyUs).to.be.within(300_000, 310_000);
  });
});
