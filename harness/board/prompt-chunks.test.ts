import { expect } from 'chai';
import { encodeCommand, maxCommandBytes } from './machine-line.js';
import { promptCommands } from './prompt-chunks.js';

describe('prompt chunks', () => {
  it('fit a line under any sequence number, and are as few as that allows', () => {
    const ids = Array.from({ length: 1000 }, (_, index) => (index * 7919) % 32_000);
    const chunks = promptCommands(ids);
    const lengths = chunks.map(({ command }) => encodeCommand(2 ** 31 - 1, command).length);
    expect(Math.max(...lengths)).to.be.at.most(maxCommandBytes);
    expect(Math.min(...lengths.slice(0, -1))).to.be.greaterThan(maxCommandBytes - 7);
  });

  it('begin where the one before ended', () => {
    let count = 0;
    for (const { command, countAfter } of promptCommands(Array.from({ length: 300 }, (_, index) => index))) {
      const [verb, offset, ...ids] = command.split(' ');
      expect([verb, Number(offset)]).to.deep.equal(['prompt', count]);
      expect(ids.map(Number)).to.deep.equal(ids.map((_, index) => count + index));
      count += ids.length;
      expect(countAfter).to.equal(count);
    }
    expect(count).to.equal(300);
  });

  it('is one for a short prompt', () => {
    expect(promptCommands([1, 2])).to.deep.equal([{ command: 'prompt 0 1 2', countAfter: 2 }]);
  });
});
