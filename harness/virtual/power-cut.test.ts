import { expect } from 'chai';
import { VirtualClock } from './clock.js';
import { FlashChip } from './flash-chip.js';
import { standardFlashTimes } from './flash-times.js';
import { type PowerCut, PowerLost, PowerSupply } from './power-supply.js';
import { boardPower } from './powered-flash.js';
import { BoardTalk } from './testing/board-talk.js';
import { createVirtualBoard } from './virtual-board.js';

/** A chip on a board whose power goes at `at`. */
function chipWithCut(at: PowerCut) {
  const supply = new PowerSupply();
  const clock: VirtualClock = new VirtualClock(0, (totalUs) => {
    supply.use('us', totalUs - lastUs);
    lastUs = totalUs;
    supply.check();
  });
  let lastUs = 0;
  const flash = new FlashChip();
  flash.powerBy(boardPower(clock, supply));
  supply.cut(at);
  return { flash, clock, supply };
}

const { pageProgramUs, sectorEraseUs } = standardFlashTimes();

describe('power cut', () => {
  it('ends a program after so many bytes', () => {
    const { flash, clock } = chipWithCut({ afterFlashBytes: 300 });
    expect(() => flash.program(0, new Uint8Array(1000))).to.throw(PowerLost);
    const zeros = flash.read(0, 1000).filter((byte) => byte === 0).length;
    expect(zeros).to.be.within(300, 301);
    expect(clock.totalUs).to.be.closeTo(pageProgramUs * (1 + 44 / 256), 0.001);
  });

  it('ends an erase after so much time', () => {
    const { flash, clock } = chipWithCut({ afterUs: pageProgramUs + sectorEraseUs / 2 });
    flash.program(0, new Uint8Array(100));
    expect(() => flash.erase(0, 0x1000)).to.throw(PowerLost);
    expect(clock.totalUs).to.be.closeTo(pageProgramUs + sectorEraseUs / 2, 0.001);
    const ones = flash.read(0, 0x1000).filter((byte) => byte === 255).length;
    expect(ones, 'neither as it was nor erased').to.be.within(1, 0xfff);
  });

  it('ends in the middle of an operation, or between two', () => {
    const between = chipWithCut({ afterFlashOperations: 2 }).flash;
    expect(() => between.program(0, new Uint8Array(1000))).to.throw(PowerLost);
    expect(between.read(0, 1000).filter((byte) => byte === 0).length).to.equal(512);
    const within = chipWithCut({ afterFlashOperations: 1.5 }).flash;
    expect(() => within.program(0, new Uint8Array(1000))).to.throw(PowerLost);
    expect(within.read(0, 1000).filter((byte) => byte === 0).length).to.be.within(384, 385);
  });

  it('is forgotten when the power is given back', () => {
    const { flash, supply } = chipWithCut({ afterFlashBytes: 10 });
    supply.restore();
    flash.program(0, new Uint8Array(1000));
    expect(flash.read(999, 1)[0]).to.equal(0);
  });

  it('leaves a board silent until the power comes back, and then it starts as its lines say', async () => {
    await using board = createVirtualBoard({ name: 'dark', mac: '24:6f:28:00:00:0c' });
    const talk = new BoardTalk(board);
    const power: boolean[] = [];
    board.onPower((on) => power.push(on));
    await talk.until('invalid header: 0xffffffff\r\n');
    board.cutPower();
    board.write(Buffer.from('lost'));
    board.setLines({ dtr: true, rts: true });
    board.setLines({ dtr: true, rts: false });
    const from = talk.text.length;
    board.restorePower();
    await talk.until(
      /rst:0x1 \(POWERON_RESET\),boot:0x3 \(DOWNLOAD_BOOT.*\)\r\nwaiting for download\r\n/,
      from,
    );
    expect(power).to.deep.equal([false, true]);
  });
});
