import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BoardConsole } from '../board/console.js';
import { PatternTap } from '../board/uart-probe.js';
import { buildVirtualFirmware } from '../build/virtual-firmware.js';
import { openLink } from '../link/link.js';
import { plugIn } from '../link/virtual-ports.js';
import { flashFileOf } from '../virtual/testing/probe-flash.js';
import { createVirtualBoard } from '../virtual/virtual-board.js';
import { measureUart } from './measure-uart.js';
import { type Noise, noisyCable } from './testing/noisy-cable.js';

describe('measureUart', function () {
  this.timeout(60_000);
  let folder = '';
  let flashFile = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-uart-'));
    flashFile = flashFileOf(await buildVirtualFirmware(), folder);
  });
  after(() => rm(folder, { recursive: true }));

  async function measureOn(noise: Noise) {
    await using board = createVirtualBoard({ name: 'noisy', mac: '24:6f:28:00:00:04', flashFile });
    const { plugged, flipped } = noisyCable(board, noise);
    const unplug = plugIn(plugged);
    try {
      await using link = await openLink('virtual:noisy', { baudRate: 115_200 });
      const tap = new PatternTap();
      await using console = new BoardConsole(link.stream, { board: 'noisy', tap });
      await console.restart();
      await console.hello();
      const measured = await measureUart({ console, stream: link.stream, tap, rounds: 16 });
      return { ...measured, flipped, baudRate: link.stream.baudRate };
    } finally {
      unplug();
    }
  }

  it('tells how many bytes a cable damages in either direction, and avoids the rate at which it does', async () => {
    const noise = { fromBaud: 921_600, toBoard: 0.01, fromBoard: 0.002, seed: 7 };
    const { uart, recommended_baud, flipped, baudRate } = await measureOn(noise);
    expect(uart.map((rate) => rate.baud)).to.deep.equal([115_200, 230_400, 460_800, 921_600]);
    for (const { baud, to_board, from_board } of uart.slice(0, 3))
      expect([to_board!.damaged_lines, from_board!.damaged_lines], String(baud)).to.deep.equal([0, 0]);
    const { to_board, from_board } = uart[3]!;
    expect(to_board!.error_rate).to.be.closeTo(flipped.toBoard / to_board!.bytes, 0.001);
    expect(from_board!.error_rate).to.be.closeTo(flipped.fromBoard / from_board!.bytes, 0.0002);
    expect(flipped.toBoard, 'errors made').to.be.above(500);
    expect(recommended_baud).to.equal(460_800);
    expect(baudRate, 'the line is left at it').to.equal(460_800);
  });

  it('recommends the fastest rate of a clean cable', async () => {
    const quiet = { fromBaud: 115_200, toBoard: 0, fromBoard: 0, seed: 7 };
    const { uart, recommended_baud } = await measureOn(quiet);
    expect(recommended_baud).to.equal(921_600);
    expect(uart.every((rate) => rate.to_board?.damaged_lines === 0)).to.equal(true);
  });
});
