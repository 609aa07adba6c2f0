import { expect } from 'chai';
import { formatLeases } from './lease-table.js';
import { describeWaiting, WaitingLine } from './waiting-line.js';

const holder = { user: 'anna@lab', pid: 7, what: 'nightly' };

describe('the line of whoever waits for a board', () => {
  it('says where they stand, who has it, and how long that may take', () => {
    const waiting = { board: 'cam-1', position: 2, holder, estimateMs: 240_000 };
    expect(describeWaiting(waiting)).to.equal(
      'cam-1: second in line; held by anna@lab for nightly (about 4 min)',
    );
    expect(describeWaiting({ board: 'cam-1', position: 7, holder: undefined })).to.equal(
      'cam-1: number 7 in line',
    );
    expect(describeWaiting({ ...waiting, position: 1, estimateMs: 0 }))
      .to.contain('next in line')
      .and.to.contain('1 s');
  });

  it('is written over on a terminal, and in a log comes again only when place or holder changed', () => {
    for (const isTTY of [true, false]) {
      let written = '';
      const out = {
        isTTY,
        write: (text: string) => {
          written += text;
          return true;
        },
      };
      const line = new WaitingLine(out as never);
      for (const [position, estimateMs] of [
        [2, 9000],
        [2, 4000],
        [1, 3000],
      ] as const)
        line.show({ board: 'cam-1', position, holder, estimateMs });
      line.end();
      const shown = [
        'second in line; held by anna@lab for nightly (about 9 s)',
        ...(isTTY ? ['second in line; held by anna@lab for nightly (about 4 s)'] : []),
        'next in line; held by anna@lab for nightly (about 3 s)',
      ];
      const expected = isTTY
        ? `${shown.map((text) => `\r\x1b[Kcam-1: ${text}`).join('')}\n`
        : shown.map((text) => `cam-1: ${text}\n`).join('');
      expect(written).to.equal(expected);
    }
  });
});

describe('the table of leases', () => {
  it('tells who has a board, until when, and who is in line', () => {
    const common = { folder: 'f', mac: '24:6f:28:7a:00:01', fence: 3 };
    const held = { ...holder, heldMs: 60_000, leftMs: 20_000, expectedLeftMs: 240_000 };
    const text = formatLeases([
      {
        ...common,
        board: 'cam-1',
        holder: held,
        queue: [{ user: 'bert@lab', pid: 9, what: 'flash', waitedMs: 5000 }],
      },
      { ...common, mac: '24:6f:28:7a:00:02', board: 'cam-2', queue: [] },
      { ...common, mac: '24:6f:28:7a:00:03', board: 'cam-3', holder: { ...held, leftMs: -5000 }, queue: [] },
      { ...common, mac: '24:6f:28:7a:00:04', board: 'cam-4', holder: { ...held, gone: true }, queue: [] },
      {
        ...common,
        mac: '24:6f:28:7a:00:05',
        board: 'cam-5',
        holder: { ...held, revokedBy: 'root@lab' },
        queue: [],
      },
    ]);
    const lines = text.split('\n').map((line) => line.replaceAll(/ {2,}/g, '|'));
    expect(lines[1]).to.equal('cam-1|24:6f:28:7a:00:01|3|anna@lab 7|nightly|60 s|in 20 s|in about 4 min');
    expect(lines[2]).to.equal('|1. bert@lab 9|flash|waits 5 s');
    expect(lines[3]).to.equal('cam-2|24:6f:28:7a:00:02|3|free');
    expect(lines[4]).to.contain('|5 s ago|');
    expect(lines[5]).to.contain('|its process is gone|');
    expect(lines[6]).to.contain('|taken back by root@lab|');
    expect(formatLeases([])).to.equal('no board was leased here yet');
  });
});
