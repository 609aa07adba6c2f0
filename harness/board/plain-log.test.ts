import { expect } from 'chai';
import { LogParser } from './log-parser.js';
import { plainGenerations } from './plain-log.js';

function generations(...lines: readonly string[]) {
  const parser = new LogParser();
  return plainGenerations([
    ...parser.push(Buffer.from(lines.map((line) => `${line}\n`).join(''))),
    ...parser.end(),
  ]);
}

const start = 'I (2345) tinyllm_inference: Starting inference with prompt length: 4';
const done = 'I (2347) tinyllm_inference: Inference completed: 3 tokens in 1234 ms (2.43 tokens/sec)';

describe('plain log', () => {
  it('reads an inference of the seeds firmware', () => {
    expect(generations(start, 'Generated tokens: 1234 5678 9012 ', done)).to.deep.equal([
      {
        offset: 0,
        promptTokens: 4,
        tokens: [1234, 5678, 9012],
        durationMs: 1234,
        rate: 2.43,
        completed: true,
        findings: [],
      },
    ]);
  });

  it('joins tokens that take several lines', () => {
    const [generation] = generations(start, 'Generated tokens: 1 2', 'Generated tokens: 3', done);
    expect(generation?.tokens).to.deep.equal([1, 2, 3]);
  });

  it('says what does not agree: a lost line, a wrong rate', () => {
    const wrong = done.replace('2.43', '5.00');
    expect(generations(start, 'Generated tokens: 1', wrong)[0]?.findings).to.deep.equal([
      'says 3 tokens, lists 1',
      'says 5 tokens/sec, 3 tokens in 1234 ms are not that',
    ]);
  });

  it('has no rate where the board printed none', () => {
    const [generation] = generations(start, done.replace('2.43', 'inf').replace('1234 ms', '0 ms'));
    expect(generation).to.not.have.property('rate');
  });

  it('keeps an inference that a reset or the end of the log cut short, as not completed', () => {
    const [first, second] = generations(
      start,
      'Generated tokens: 1',
      'rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)',
      start,
    );
    expect(first).to.include({ completed: false });
    expect(first?.findings[0]).to.include('SW_CPU_RESET');
    expect(first).to.not.have.property('durationMs');
    expect(second?.findings[0]).to.include('log ends');
  });

  it('reads a log that begins in the middle of an inference', () => {
    const [generation] = generations('Generated tokens: 1 2 3', done);
    expect(generation).to.not.have.property('promptTokens');
    expect(generation?.tokens).to.deep.equal([1, 2, 3]);
  });
});
