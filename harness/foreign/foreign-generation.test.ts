import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { LogParser } from '../board/log-parser.js';
import { plainGenerations } from '../board/plain-log.js';
import { packageRoot } from '../paths.js';
import { contradictions, readGenerations, tokenCount } from './foreign-generation.js';
import type { ForeignFirmware } from './foreign-schema.js';
import { readForeignFirmware } from './read-foreign.js';

const described = (name: string): Promise<ForeignFirmware> =>
  readForeignFirmware(`${packageRoot}/fixtures/foreign/${name}.yaml`);

const consoleLog = [
  '> once more\r\n',
  "BPE prompt: 'once more' -> 2 tokens\n",
  ' there was\na fox',
  '\n==========================================\n',
  ' Inference Stats: Micro-LM-Pico (Ternary)\n Prompt tokens: 2\n Generated tokens: 62\n',
  ' Total time: 4.123 sec\n Performance: 15.04 tokens/sec (TPS)\n',
  '==========================================\n\n> ',
].join('');

describe('readGenerations', () => {
  it('reads the log of seed 002 as the built-in parser of it does', async () => {
    const log = readFileSync(`${packageRoot}/fixtures/logs/seed-002/uart.bin`);
    const parser = new LogParser();
    const [built] = plainGenerations([...parser.push(log), ...parser.end()]);
    const [read] = readGenerations(await described('seed-firmware'), log, [{ offset: 0 }]);
    expect(read?.ended).to.equal(built?.completed);
    expect(read?.ids).to.deep.equal(built?.tokens);
    expect(read?.promptTokens).to.equal(built?.promptTokens);
    expect(read?.speed.tokens).to.equal(3);
    expect(read?.speed.timeUs?.value).to.equal(built!.durationMs! * 1000);
    expect(read?.speed.rate?.value).to.equal(built?.rate);
    expect(contradictions(await described('seed-firmware'), read!, undefined)).to.deep.equal([]);
  });

  it('reads figures from several lines, and as text what no pattern takes', async () => {
    const firmware = await described('adesgautam-esp32-llm');
    const [read] = readGenerations(firmware, Buffer.from(consoleLog), [{ offset: 2 }]);
    expect(read).to.include({ ended: true, text: ' there was\na fox', promptTokens: 2 });
    expect(read?.speed).to.deep.equal({
      tokens: 62,
      timeUs: { value: 4_123_000, resolution: 1000 },
      rate: { value: 15.04, resolution: 0.01 },
    });
    expect(contradictions(firmware, read!, undefined)).to.deep.equal([]);
  });

  it('gives each call its own lines, wherever a chunk of the other ends', async () => {
    const firmware = await described('adesgautam-esp32-llm');
    const second = consoleLog.replace('a fox', 'a hen').replace(': 62', ': 61');
    const capture = Buffer.from(consoleLog + second);
    const calls = [{ offset: 0 }, { offset: consoleLog.length }];
    const [one, two] = readGenerations(firmware, capture, calls);
    expect([one?.text, two?.text]).to.deep.equal([' there was\na fox', ' there was\na hen']);
    expect([one, two].map((read) => tokenCount(read!))).to.deep.equal([62, 61]);
  });

  it('reads llama2.c’s rate, which counts from the first token, as generated at boot', async () => {
    const firmware = await described('davebben-esp32-llm');
    const log =
      'rst:0x1 (POWERON_RESET),boot:0x8 (SPI_FAST_FLASH_BOOT)\nI (620) LLM: Vocab size if 512\n' +
      'I (900) LLM: Sampler Successfully built\nOnce upon\na time\nachieved tok/s: 19.130001\n' +
      'I (9999) LLM: Generate complete\n';
    const [read] = readGenerations(firmware, Buffer.from(log), [{ offset: 0 }]);
    expect(read).to.include({ ended: true, text: 'Once upon\na time' });
    expect(read?.speed.rate?.value).to.equal(19.130001);
    expect(tokenCount(read!)).to.equal(undefined);
  });

  it('does not take for whole what a panic ended', async () => {
    const log = `${consoleLog.slice(0, 70)}\nGuru Meditation Error: Core  0 panic'ed (LoadProhibited). x\n\nRebooting...\n`;
    const [read] = readGenerations(await described('adesgautam-esp32-llm'), Buffer.from(log), [
      { offset: 0 },
    ]);
    expect(read?.ended).to.equal(false);
    expect(read?.text).not.to.contain('Guru');
  });
});

describe('contradictions', () => {
  async function found(change: (log: string) => string): Promise<string[]> {
    const firmware = await described('adesgautam-esp32-llm');
    const [read] = readGenerations(firmware, Buffer.from(change(consoleLog)), [{ offset: 0 }]);
    return contradictions(firmware, read!, 2);
  }

  it('allows what rounding explains, and no more', async () => {
    expect(await found((log) => log.replace('15.04', '15.03'))).to.deep.equal([]);
    expect(await found((log) => log.replace('15.04', '15.06'))).to.deep.equal([
      'says 15.06 tokens/s, 62 tokens in 4123 ms are not that',
    ]);
  });

  it('compares the prompt’s length with what was sent', async () => {
    expect(await found((log) => log.replace('-> 2', '-> 3'))).to.deep.equal([
      'says a prompt of 3 tokens, 2 were sent',
    ]);
  });

  it('says nothing of a rate that is no number', async () => {
    expect(await found((log) => log.replace('15.04', 'inf'))).to.deep.equal([]);
  });
});
