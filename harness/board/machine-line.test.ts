import { expect } from 'chai';
import { ConfigError } from '../errors.js';
import { decodeMachineLine, encodeCommand, encodeMachineLine, maxCommandBytes } from './machine-line.js';
import type { BoardRecord } from './records.js';

const ack: BoardRecord = { r: 'ack', n: '5f3a9c', q: 7, count: 5 };
const body = (record: BoardRecord) => Buffer.from(encodeMachineLine(record).trimEnd());

describe('machine line', () => {
  it('gives back the record that was encoded', () => {
    expect(decodeMachineLine(body(ack))).to.deep.equal({ ok: true, record: ack });
  });

  it('uses the CRC-32 of the JSON bytes', () => {
    // CRC-32 of {"r":"ack","n":"5f3a9c","q":1,"proto":1}, computed with Python's zlib.
    const line = '@{"r":"ack","n":"5f3a9c","q":1,"proto":1}*126116ec';
    expect(decodeMachineLine(Buffer.from(line)).ok).to.equal(true);
  });

  it('refuses a line with any one bit flipped', () => {
    const line = body(ack);
    for (let bit = 0; bit < line.length * 8; bit++) {
      const damaged = Buffer.from(line);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(decodeMachineLine(damaged).ok, `bit ${bit}`).to.equal(false);
    }
  });

  it('refuses every line that is cut short', () => {
    const line = body(ack);
    for (let end = 0; end < line.length; end++)
      expect(decodeMachineLine(line.subarray(0, end)).ok).to.equal(false);
  });

  it('tolerates keys that it does not know, and refuses missing and mistyped ones', () => {
    const decode = (record: object) => decodeMachineLine(body(record as BoardRecord));
    expect(decode({ ...ack, fresh: [1] })).to.deep.equal({ ok: true, record: ack });
    expect(decode({ r: 'ack', n: 'a' })).to.have.property('ok', false);
    expect(decode({ r: 'ack', n: 'a', q: '7' })).to.have.property('ok', false);
    expect(decode({ r: 'ack', n: 'A-B', q: 7 })).to.have.property('ok', false);
    expect(decode({ r: 'tok', n: 'a', q: 1, i: 0, id: 1, us: 1.5, lp: '00000000' })).to.have.property(
      'ok',
      false,
    );
    expect(decode({ r: 'tok', n: 'a', q: 1, i: 0, id: 1, us: 1, lp: 'BB83126F' })).to.have.property(
      'ok',
      false,
    );
    expect(decode({ r: 'top', n: 'a', q: 1, i: 0, ids: [1, 2], l: ['00000000'] })).to.have.property(
      'ok',
      false,
    );
  });
});

describe('tok record', () => {
  const tok = { r: 'tok', n: 'a', q: 1, i: 0, id: 1, us: 1 };
  const decode = (record: object) => decodeMachineLine(body(record as BoardRecord));

  it('says the log-probability, or of a screened token its own logit and how many were computed', () => {
    const screened = { ...tok, logit: '41000000', rows: 17, rank: 2 };
    expect(decode({ ...tok, lp: 'bb83126f' })).to.have.property('ok', true);
    expect(decode(screened)).to.deep.equal({ ok: true, record: screened });
    expect(decode({ ...tok, lp: 'bb83126f', crc: '00000000', rows: 512 })).to.have.property('ok', true);
    expect(decode(tok)).to.have.property('ok', false);
    expect(decode({ ...tok, logit: '41000000', rank: 2 })).to.have.property('ok', false);
  });
});

describe('place record', () => {
  const sizes = { list_bytes: 0, head_bytes: 3456000, screen_bytes: 0, layer_bytes: 0, table_bytes: 0 };
  const where = { head: 'psram', layers: 'card', embed: 'card', resident_bytes: 3456000, ...sizes };
  const place = { r: 'place', n: 'a', q: 1, strategy: 'fast', batch: 5, chunk_bytes: 1, bounce_bytes: 2 };
  const decode = (screen: string) => decodeMachineLine(body({ ...place, ...where, screen } as BoardRecord));

  it('says whether the head is screened by a copy, by itself or not at all', () => {
    for (const screen of ['none', 'certain', 'checked', 'self']) expect(decode(screen).ok).to.equal(true);
    expect(decode('other').ok).to.equal(false);
  });
});

describe('done record', () => {
  const memory = { psram_peak: 1, psram_peak_run: 1, heap_peak: 1, heap_peak_run: 1 };
  const done = { r: 'done', n: 'a', q: 1, prompt: 5, stop: 'abort', ...memory, tokens_crc: '00000000' };
  const decode = (record: object) => decodeMachineLine(body(record as BoardRecord)).ok;

  it('has no times when no token was made, and needs them otherwise', () => {
    expect(decode({ ...done, tokens: 0 })).to.equal(true);
    expect(decode({ ...done, tokens: 1 })).to.equal(false);
    expect(decode({ ...done, tokens: 1, first_us: 9, last_us: 9, ttft_us: 10 })).to.equal(true);
  });
});

describe('command line', () => {
  it('carries number, command and the CRC of both', () => {
    expect(encodeCommand(1, 'hello 5f3a9c')).to.equal('#1 hello 5f3a9c *409adb8d\n');
  });

  it('refuses what does not fit a line, as the user must shorten it', () => {
    const fits = 'x'.repeat(maxCommandBytes - '#1  *01234567\n'.length);
    expect(encodeCommand(1, fits)).to.have.length(maxCommandBytes);
    expect(() => encodeCommand(1, `${fits}x`)).to.throw(ConfigError, /takes 121 bytes/);
  });
});
