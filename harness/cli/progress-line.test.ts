import { expect } from 'chai';
import { ProgressLine } from './progress-line.js';

describe('ProgressLine', () => {
  function shown(isTTY: boolean, totalBytes: number): string {
    let text = '';
    const write = (more: string): void => {
      text += more;
    };
    const progress = new ProgressLine({ isTTY, write });
    for (const percent of [0, 10, 10.5, 60, 60, 100]) {
      progress.show('flashing', (totalBytes * percent) / 100, totalBytes);
    }
    progress.note('again');
    progress.show('flashing', totalBytes / 2, totalBytes);
    progress.end();
    return text;
  }

  it('is one line on a terminal, until something else is said', () => {
    const lines = shown(true, 2_000_000).split('\n');
    expect(lines).to.have.length(4);
    expect(lines[0]).to.include('\r\x1b[Kflashing: 10% of 2000000 bytes');
    expect(lines[1]).to.equal('again');
  });

  it('is some lines elsewhere, without control characters', () => {
    expect(shown(false, 2_000_000).split('\n')).to.deep.equal([
      'flashing: 50% of 2000000 bytes',
      'flashing: 100% of 2000000 bytes',
      'again',
      'flashing: 50% of 2000000 bytes',
      '',
    ]);
  });

  it('says only the end of what does not take long', () => {
    expect(shown(false, 1000).split('\n')).to.deep.equal(['flashing: 100% of 1000 bytes', 'again', '']);
  });
});
