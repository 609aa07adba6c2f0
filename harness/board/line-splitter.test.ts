import { expect } from 'chai';
import { LineSplitter } from './line-splitter.js';

const shown = (lines: readonly { offset: number; raw: Buffer; ended: boolean }[]) =>
  lines.map(({ offset, raw, ended }) => [offset, raw.toString('latin1'), ended]);

describe('line splitter', () => {
  it('gives each line with its end and offset', () => {
    expect(shown(new LineSplitter().push(Buffer.from('a\n\r\n\nbc\n')))).to.deep.equal([
      [0, 'a\n', true],
      [2, '\r\n', true],
      [4, '\n', true],
      [5, 'bc\n', true],
    ]);
  });

  it('passes all 256 byte values unchanged', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const splitter = new LineSplitter();
    const lines = [...splitter.push(bytes), ...splitter.end()];
    expect(Buffer.concat(lines.map((line) => line.raw)).equals(bytes)).to.equal(true);
  });

  it('cuts a line that never ends into pieces of the limit, however it arrives', () => {
    const bytes = Buffer.from(`${'x'.repeat(20)}\ny`);
    const pieces = (...chunks: Buffer[]) => {
      const splitter = new LineSplitter(8);
      return shown([...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()]);
    };
    const expected = [
      [0, 'xxxxxxxx', false],
      [8, 'xxxxxxxx', false],
      [16, 'xxxx\n', true],
      [21, 'y', false],
    ];
    expect(pieces(bytes)).to.deep.equal(expected);
    for (let at = 1; at < bytes.length; at++) {
      expect(pieces(bytes.subarray(0, at), bytes.subarray(at)), `split at ${at}`).to.deep.equal(expected);
    }
  });

  it('gives up what is left at the end, and goes on counting after it', () => {
    const splitter = new LineSplitter();
    splitter.push(Buffer.from('ab'));
    expect(shown(splitter.end())).to.deep.equal([[0, 'ab', false]]);
    expect(splitter.end()).to.deep.equal([]);
    expect(shown(splitter.push(Buffer.from('c\n')))).to.deep.equal([[2, 'c\n', true]]);
  });

  it('keeps its own copy: the chunk may be used again', () => {
    const chunk = Buffer.from('ab\ncd');
    const splitter = new LineSplitter();
    const [first] = splitter.push(chunk);
    chunk.fill(0x7a);
    expect(first!.raw.toString()).to.equal('ab\n');
    expect(shown(splitter.end())).to.deep.equal([[3, 'cd', false]]);
  });
});
