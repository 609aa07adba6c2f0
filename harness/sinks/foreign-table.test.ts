import { expect } from 'chai';
import type { RunResult } from '../results/result.js';
import { formatForeignTable } from './foreign-table.js';

const board = { id: 'cam-1', mac: '24:6f:28:00:00:01', link: 'virtual', clock: 'modelled' };
const result: RunResult = {
  run: { id: 'r', folder: 'r', startedAt: '', title: 't' },
  verdict: 'pass',
  model: { name: 'm', path: '', format: 'its own' },
  build: { id: 'b', firmware: 'theirs' },
  boards: [board],
  expectations: [],
  generations: [
    { board: 'cam-1', prompt: 'Once', repeat: 1, text: ' upon\na time' },
    { board: 'cam-1', prompt: 'Once', repeat: 2, text: ' upon\na time' },
    { board: 'cam-1', prompt: 'The fox', repeat: 1 },
  ],
  conformity: [],
  measurements: [
    {
      name: 'overall_rate',
      unit: 'tokens/s',
      kind: 'timed',
      board: 'cam-1',
      prompt: 'Once',
      value: 8.7,
      samples: [8.7],
    },
  ],
  memory: [],
  failures: [],
};

describe('formatForeignTable', () => {
  it('has a row a prompt, and leaves empty what the log does not say', () => {
    const [head, once, fox, note] = formatForeignTable(result).split('\n');
    expect(head).to.match(/^prompt +tokens +whole generation +rate +decode +text/);
    expect(once).to.match(/^Once +8\.7 tokens\/s +upon a time$/);
    expect(fox?.trim()).to.equal('The fox');
    expect(note).to.match(/^firmware: theirs, by its own log/);
  });

  it('says nothing of a bench build', () => {
    expect(formatForeignTable({ ...result, build: { id: 'b' } })).to.equal('');
  });
});
