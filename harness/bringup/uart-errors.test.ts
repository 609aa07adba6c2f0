import { expect } from 'chai';
import { countPatternLines, patternLine, patternLineBytes } from '../board/pattern-line.js';
import { uartDirection } from '../board/uart-errors.js';
import { recommendBaud } from './uart-errors.js';

describe('pattern lines', () => {
  it('are 64 bytes of harmless text that no log line or machine line looks like', () => {
    expect(patternLine).to.have.length(patternLineBytes);
    expect(patternLine).to.match(/^F[A-Za-z0-9+/]{62}\n$/);
    expect(new Set(patternLine).size).to.equal(patternLineBytes);
  });

  it('count only when they are whole and right, whatever stands between', () => {
    const bad = patternLine.replace('F', 'G');
    const text = `half\n${patternLine}${bad}I (12) tag: text\n${patternLine}${patternLine.slice(0, -1)}`;
    expect(countPatternLines(text)).to.equal(2);
  });
});

describe('uartDirection', () => {
  it('takes one damaged line for about one error in its bytes', () => {
    const { bytes, damaged_lines, error_rate } = uartDirection(1000, 999);
    expect([bytes, damaged_lines]).to.deep.equal([64_000, 1]);
    expect(error_rate).to.be.closeTo(1 / 64_000, 1e-8);
  });

  it('bounds what was not seen by the rule of three', () => {
    const { error_rate, error_rate_at_most } = uartDirection(1000, 1000);
    expect(error_rate).to.equal(0);
    expect(error_rate_at_most).to.be.closeTo(3 / 64_000, 1e-6);
  });

  it('bounds a seen rate from above, as Poisson’s tables have it', () => {
    // 95% one-sided limits of 1 and 10 events: 4.744 and 16.962.
    expect(uartDirection(100_000, 99_999).error_rate_at_most * 6_400_000).to.be.closeTo(4.744, 0.02);
    expect(uartDirection(100_000, 99_990).error_rate_at_most * 6_400_000).to.be.closeTo(16.96, 0.02);
  });

  it('says 1 when nothing arrives', () => {
    expect(uartDirection(10, 0)).to.include({ error_rate: 1, error_rate_at_most: 1 });
  });
});

describe('recommendBaud', () => {
  const clean = uartDirection(1000, 1000);
  const rate = (baud: number, to = clean, from = clean) => ({ baud, to_board: to, from_board: from });

  it('takes the fastest of clean rates', () => {
    expect(recommendBaud([rate(115_200), rate(460_800), rate(921_600)])).to.equal(921_600);
  });

  it('prefers a clean rate to a faster one that loses most lines', () => {
    const noisy = uartDirection(1000, 600);
    expect(recommendBaud([rate(460_800), rate(921_600, clean, noisy)])).to.equal(460_800);
  });

  it('does not slow down for an error here and there', () => {
    expect(recommendBaud([rate(460_800), rate(921_600, uartDirection(1000, 999))])).to.equal(921_600);
  });

  it('never takes a rate at which no line passes', () => {
    expect(recommendBaud([rate(115_200), { baud: 921_600 }])).to.equal(115_200);
  });
});
