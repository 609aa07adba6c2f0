import { expect } from 'chai';
import type { Rack } from '../rack/rack-file.js';
import { virtualBoard } from '../rack/rack-schema.js';
import { chooseMachine } from './choose-machine.js';

const board = (number: number, rack_host?: string, labels: string[] = []) =>
  virtualBoard.parse({
    id: `cam-${number}`,
    mac: `24:6f:28:00:00:0${number}`,
    link: 'virtual',
    labels,
    ...(rack_host === undefined ? {} : { rack_host }),
  });
const rack: Rack = {
  path: 'rack.yaml',
  hosts: [],
  boards: [board(1), board(2, 'a', ['fast']), board(3, 'b', ['fast']), board(4, 'b', ['fast'])],
};

describe('the machine of a run', () => {
  const choose = (count: number, labels: string[], named: string[] = []) => {
    const { host, boards } = chooseMachine(rack, { count, labels }, named);
    return [host, ...boards.map(({ id }) => id)];
  };
  const refusal = (...args: Parameters<typeof choose>): string => {
    try {
      choose(...args);
    } catch (error) {
      return `${(error as { code: string }).code}: ${(error as Error).message}`;
    }
    return 'nothing was thrown';
  };

  it('is the first with enough boards that fit', () => {
    expect(choose(1, [])).to.deep.equal([undefined, 'cam-1']);
    expect(choose(1, ['fast'])).to.deep.equal(['a', 'cam-2']);
    expect(choose(2, ['fast'])).to.deep.equal(['b', 'cam-3', 'cam-4']);
  });

  it('is that of the boards named', () => {
    expect(choose(1, ['fast'], ['cam-4', 'cam-3'])).to.deep.equal(['b', 'cam-4', 'cam-3']);
    expect(refusal(1, [], ['cam-9'])).to.match(/^unknown-board/);
  });

  it('is never several', () => {
    expect(refusal(1, [], ['cam-1', 'cam-2'])).to.match(
      /^several-machines: .*cam-1 on this machine; cam-2 on a/,
    );
    expect(refusal(3, ['fast'])).to.match(/^several-machines: .*the 3 boards/);
    expect(refusal(5, [])).to.match(/^no-board: .*needs 5 board\(s\); rack.yaml has 4/);
  });
});
