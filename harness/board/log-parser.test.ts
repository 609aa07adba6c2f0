import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { packageRoot } from '../paths.js';
import type { LogEvent } from './log-event.js';
import { LogParser } from './log-parser.js';
import { encodeMachineLine } from './machine-line.js';
import { describeEvent } from './testing/describe-log.js';

const logsFolder = join(packageRoot, 'fixtures', 'logs');
const cases = readdirSync(logsFolder).filter((name) => statSync(join(logsFolder, name)).isDirectory());

/** Splits of a long log at every boundary take long: those are fed byte by byte only. */
const maxBytesForEverySplit = 4_000;

function parse(...chunks: readonly Uint8Array[]): LogEvent[] {
  const parser = new LogParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
}

function parseText(text: string): LogEvent[] {
  return parse(Buffer.from(text, 'latin1'));
}

/** Cheap to compare: what an event is, is decided by its bytes. */
function outline(events: readonly LogEvent[]): string {
  return events.map((event) => `${event.offset}+${event.raw.length} ${event.kind}`).join('\n');
}

describe('log parser', () => {
  for (const name of cases) {
    const log = readFileSync(join(logsFolder, name, 'uart.bin'));

    it(`reads ${name} as its golden events`, () => {
      const golden = readFileSync(join(logsFolder, name, 'events.txt'), 'utf8');
      expect(`${parse(log).map(describeEvent).join('\n')}\n`).to.equal(golden);
    });

    it(`gives every byte of ${name} to exactly one event`, () => {
      const events = parse(log);
      expect(Buffer.concat(events.map((event) => event.raw)).equals(log)).to.equal(true);
      let offset = 0;
      for (const event of events) {
        expect(event.offset).to.equal(offset);
        offset += event.raw.length;
      }
    });

    it(`reads ${name} the same byte by byte`, () => {
      const bytes = Array.from(log, (byte) => Uint8Array.of(byte));
      expect(parse(...bytes).map(describeEvent)).to.deep.equal(parse(log).map(describeEvent));
    });

    if (log.length <= maxBytesForEverySplit) {
      it(`reads ${name} the same split at every byte boundary`, function () {
        this.timeout(20_000);
        const whole = outline(parse(log));
        for (let at = 1; at < log.length; at++) {
          const split = outline(parse(log.subarray(0, at), log.subarray(at)));
          if (split !== whole) expect(split, `split at ${at}`).to.equal(whole);
        }
      });
    }
  }

  it('reads every cut-off beginning of a log without throwing', () => {
    for (const name of cases) {
      const log = readFileSync(join(logsFolder, name, 'uart.bin'));
      const step = Math.max(1, Math.floor(log.length / 500));
      for (let end = 0; end < log.length; end += step) parse(log.subarray(0, end));
    }
  });

  it('reads seeded garbage without throwing or losing a byte', () => {
    let state = 1;
    const next = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 24;
    };
    const words = [
      '@{"r":"',
      '*',
      '\n',
      '\r\n',
      'Guru Meditation Error: Core',
      'ets Jul 29 2019 12:21:46',
      'I (1) a: ',
    ];
    for (let round = 0; round < 200; round++) {
      const parts = Array.from({ length: 40 }, () =>
        next() < 100 ? Buffer.from(words[next() % words.length]!) : Buffer.from([next(), next(), next()]),
      );
      const log = Buffer.concat(parts);
      const events = parse(log);
      expect(Buffer.concat(events.map((event) => event.raw)).equals(log)).to.equal(true);
    }
  });

  it('keeps a machine line whole that quotes a panic', () => {
    const line = encodeMachineLine({ r: 'err', n: 'a', q: 1, code: 'x', msg: 'abort() was called at PC 0' });
    expect(parseText(line).map((event) => event.kind)).to.deep.equal(['record']);
  });

  it('reports a panic after a partial token, and the token as torn', () => {
    const token = encodeMachineLine({ r: 'tok', n: 'a', q: 1, i: 0, id: 1, us: 2, lp: '00000000' }).slice(
      0,
      20,
    );
    const events = parseText(
      `${token}Guru Meditation Error: Core  1 panic'ed (StoreProhibited). x\r\nRebooting...\r\n`,
    );
    expect(events.map((event) => event.kind)).to.deep.equal(['torn', 'panic']);
    expect(events[1]).to.include({ reason: 'StoreProhibited', core: 1, offset: 20 });
  });

  it('lets a panic be seen before its end came, and gives it once', () => {
    const parser = new LogParser();
    parser.push(Buffer.from("Guru Meditation Error: Core  0 panic'ed (LoadProhibited). x\r\n"));
    expect(parser.panicOpen).to.equal(true);
    expect(parser.peekPanic()?.reason).to.equal('LoadProhibited');
    expect(parser.push(Buffer.from('Rebooting...\r\n')).map((event) => event.kind)).to.deep.equal(['panic']);
    expect(parser.panicOpen).to.equal(false);
    expect(parser.end()).to.deep.equal([]);
  });

  it('bounds a panic that never ends', () => {
    const events = parseText(`abort() was called at PC 0x1 on core 0\n${'0xdeadbeef\n'.repeat(1000)}`);
    expect(events[0]?.kind).to.equal('panic');
    expect(events[0]?.raw.length).to.be.lessThan(4096);
  });

  it('strips colours from what it shows and keeps them in the raw bytes', () => {
    const [event] = parseText('\x1b[0;32mI (5) tag: green\x1b[0m\r\n');
    expect(event).to.include({
      kind: 'log',
      text: 'I (5) tag: green',
      message: 'green',
      level: 'I',
      atMs: 5,
    });
    expect(Buffer.from(event!.raw).toString('latin1')).to.include('\x1b[0;32m');
  });
});
