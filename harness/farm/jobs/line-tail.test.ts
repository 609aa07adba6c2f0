import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LineTail } from './line-tail.js';

describe('the tail of a file that grows', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-tail-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('hands over whole lines only, wherever the writer was interrupted', async () => {
    const bytes = Buffer.from('erste Zeile – ä\n\nzweite\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const path = join(folder, `cut-${cut}`);
      const told: string[] = [];
      await using tail = new LineTail(path, 0);
      await tail.read((text) => void told.push(text));
      await appendFile(path, bytes.subarray(0, cut));
      await tail.read((text) => void told.push(text));
      expect(told, `at ${cut}`).to.have.length(
        bytes.subarray(0, cut).toString('latin1').split('\n').length - 1,
      );
      await appendFile(path, bytes.subarray(cut));
      await tail.read((text) => void told.push(text));
      expect(told, `at ${cut}`).to.deep.equal(['erste Zeile – ä', '', 'zweite']);
    }
  });

  it('hands over lines longer than what is read at once', async () => {
    const path = join(folder, 'long');
    const long = 'x'.repeat(200_000);
    await appendFile(path, `${long}\n${long}y\n`);
    const told: [string, number][] = [];
    await using tail = new LineTail(path, 0);
    await tail.read((text, next) => void told.push([text, next]));
    expect(told).to.deep.equal([
      [long, 200_001],
      [`${long}y`, 400_003],
    ]);
  });
});
