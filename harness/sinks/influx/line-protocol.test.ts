import { expect } from 'chai';
import { TokenrackError } from '../../errors.js';
import { randomBits } from '../../model/random-bits.js';
import { escapeTag, parseLine, toLine, unescapeTag } from './line-protocol.js';
import type { FieldValue, Point } from './point.js';

const trials = 3000;

function point(overrides: Partial<Point> = {}): Point {
  return { measurement: 'm', tags: {}, fields: { value: 1 }, timestampNs: 1n, ...overrides };
}

function refusal(of: () => unknown): TokenrackError {
  try {
    of();
  } catch (error) {
    expect(error).to.be.instanceOf(TokenrackError);
    return error as TokenrackError;
  }
  throw new Error('was not refused');
}

/** Pieces that mean something to line protocol, or to something on the way. */
const PIECES = [
  ...[' ', ',', '=', '"', "'", '#', '\\', '%', '\n', '\r', '\t', '\0', '\x7f', '\u0085', '\u2028'],
  ...['%25', '%0', '\\n', '\\ ', '\\,', '\\"', '\\\\', 'é', '日本', '🦊', 'e\u0301', '‮', '\ufeff'],
  ...['a', 'Z', '0', '1i', '-1', 'true', 'NaN', 'Once upon a time', '', '::', '{}', '`'],
];

class Hostile {
  private readonly next;

  constructor(seed: number) {
    this.next = randomBits(seed);
  }

  below(count: number): number {
    return this.next() % count;
  }

  text(): string {
    return Array.from({ length: this.below(7) }, () => PIECES[this.below(PIECES.length)]!).join('');
  }

  /** A name that can be one: without backslash, quote, control characters, and not that of the time. */
  name(): string {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is left out
    const name = `n${this.text()}`.replace(/["\\\u0000-\u001f\u007f]/g, '');
    return name;
  }

  number(): number {
    const view = new DataView(new ArrayBuffer(8));
    view.setUint32(0, this.next());
    view.setUint32(4, this.next());
    const value = view.getFloat64(0);
    return Number.isFinite(value) ? value : 0.1;
  }

  value(): FieldValue {
    const kind = this.below(3);
    if (kind === 0) return this.text();
    if (kind === 1) return this.number();
    return BigInt.asIntN(64, (BigInt(this.next()) << 32n) | BigInt(this.next()));
  }

  record<T>(least: number, value: () => T): Record<string, T> {
    const count = least + this.below(4);
    return Object.fromEntries(Array.from({ length: count }, () => [this.name(), value()]));
  }

  point(): Point {
    return {
      measurement: this.name(),
      tags: this.record(0, () => this.text()),
      fields: this.record(1, () => this.value()),
      timestampNs: BigInt(this.next()) * 1_000_000n + BigInt(this.below(1000)),
    };
  }
}

/** What a line can hold of a point: an empty tag value is left out. */
function asCarried(made: Point): Point {
  const tags = Object.fromEntries(Object.entries(made.tags).filter(([, value]) => value !== ''));
  return { ...made, tags };
}

describe('toLine', () => {
  it('writes measurement, tags, fields and time, sorted by key', () => {
    const line = toLine({
      measurement: 'run',
      tags: { model: 'little stories', board: 'cam-1', strategy: '' },
      fields: { verdict: 'pass', decode_rate: 12.5, passed: 1n },
      timestampNs: 1_763_700_000_123_000_000n,
    });
    const tags = 'board=cam-1,model=little\\ stories';
    expect(line).to.equal(`run,${tags} decode_rate=12.5,passed=1i,verdict="pass" 1763700000123000000`);
  });

  it('writes the same line whatever the order of keys', () => {
    const tags = { b: '2', a: '1' };
    const fields = { z: 1n, y: 2 };
    const turned = { tags: { a: '1', b: '2' }, fields: { y: 2, z: 1n } };
    expect(toLine(point({ tags, fields }))).to.equal(toLine(point(turned)));
  });

  it('escapes what separates, in names, tag values and strings', () => {
    const line = toLine(
      point({ measurement: 'a b,c=d', tags: { 'k ,=': ' ,=' }, fields: { 'f ,=': 'say "no\\yes"\n' } }),
    );
    expect(line).to.equal('a\\ b\\,c=d,k\\ \\,\\==\\ \\,\\= f\\ \\,\\=="say \\"no\\\\yes\\"\n" 1');
  });

  it('keeps what a tag cannot carry readable, without a line feed in it', () => {
    const line = toLine(point({ tags: { prompt: 'one\ntwo\\ 100%' } }));
    expect(line).to.equal('m,prompt=one%0Atwo%5C\\ 100%25 value=1 1');
  });

  it('writes numbers in the shortest form that comes back the same', () => {
    const value = (number: number): string =>
      /value=(.*) 1$/.exec(toLine(point({ fields: { value: number } })))![1]!;
    expect([0.1, 1 / 3, 1e21, 5e-324, -0, 123456789].map(value)).to.deep.equal([
      '0.1',
      '0.3333333333333333',
      '1e+21',
      '5e-324',
      '-0',
      '123456789',
    ]);
  });

  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    it(`refuses a field that is ${value}, by its name`, () => {
      const { code, message } = refusal(() => toLine(point({ fields: { decode_rate: value } })));
      expect(code).to.equal('bad-point');
      expect(message).to.contain('"decode_rate"').and.contain(String(value));
    });
  }

  it('refuses an integer or a time beyond what InfluxDB holds', () => {
    expect(toLine(point({ fields: { n: -(2n ** 63n) } }))).to.contain('n=-9223372036854775808i');
    for (const n of [2n ** 63n, -(2n ** 63n) - 1n])
      expect(refusal(() => toLine(point({ fields: { n } }))).message).to.contain('"n"');
    for (const timestampNs of [2n ** 63n - 1n, -(2n ** 63n) + 1n])
      expect(refusal(() => toLine(point({ timestampNs }))).message).to.contain('time');
  });

  it('refuses names that cannot be names, and a point without fields', () => {
    const wrong: Partial<Point>[] = [
      ...['', '#m', 'a\nb', 'a\\', 'a"b', 'a\ud800'].map((measurement) => ({ measurement })),
      ...['', 'a\tb', 'a\\', 'time'].map((key) => ({ tags: { [key]: 'x' } })),
      ...['', 'a\0b', '\\', 'a"b', 'time'].map((key) => ({ fields: { [key]: 1 } })),
      { fields: {} },
    ];
    for (const one of wrong) expect(refusal(() => toLine(point(one))).code).to.equal('bad-point');
  });

  it('is valid UTF-8 even for half a character', () => {
    const line = toLine(point({ tags: { t: 'a\ud83e' }, fields: { s: '\udd8a!' } }));
    expect(line).to.equal('m,t=a\ufffd s="\ufffd!" 1');
    expect(Buffer.from(line).toString()).to.equal(line);
  });
});

describe('parseLine', () => {
  it(`reads what was written, as it was (${trials} hostile points)`, () => {
    for (let seed = 0; seed < trials; seed++) {
      const made = new Hostile(seed).point();
      const line = toLine(made);
      expect(parseLine(line), line).to.deep.equal(asCarried(made));
      expect(toLine(parseLine(line))).to.equal(line);
    }
  });

  it('sees no line feed outside of strings, so that lines can be told apart', () => {
    for (let seed = 0; seed < trials; seed++) {
      const { fields: _, ...made } = new Hostile(seed).point();
      expect(toLine({ ...made, fields: { value: 1 } })).not.to.match(/[\n\r\0\t]/);
    }
  });

  it('tells integers, floats and strings apart', () => {
    const { fields } = parseLine('m a=1i,b=1,c="1i",d="",e=-2.5e-7 0');
    expect(fields).to.deep.equal({ a: 1n, b: 1, c: '1i', d: '', e: -2.5e-7 });
  });

  it('does not take a key for a property of all objects', () => {
    const { tags } = parseLine('m,__proto__=x value=1 0');
    expect(Object.entries(tags)).to.deep.equal([['__proto__', 'x']]);
    expect(({} as Record<string, unknown>).x).to.equal(undefined);
  });

  it('refuses a line cut short anywhere', () => {
    const line = toLine(
      point({ tags: { prompt: 'a b' }, fields: { text: 'x "y" z', n: 5n, value: 0.5 }, timestampNs: 12345n }),
    );
    const lastSpace = line.lastIndexOf(' ');
    for (let length = 0; length <= lastSpace + 1; length++) {
      const { code } = refusal(() => parseLine(line.slice(0, length)));
      expect(code, line.slice(0, length)).to.equal('bad-line');
    }
  });

  for (const line of [
    '',
    '# a comment',
    'm value=1',
    'm value= 1',
    'm value 1',
    'm =1 1',
    'm,tag value=1 1',
    'm,tag= value=1 1',
    'm value=one 1',
    'm value=1.5i 1',
    'm value=NaN 1',
    'm value=1 1.5',
    'm value="open 1',
    'm value="a"b 1',
    'm value=1, 1',
    ' value=1 1',
  ]) {
    it(`refuses ${JSON.stringify(line)}`, () => {
      expect(refusal(() => parseLine(line)).code).to.equal('bad-line');
    });
  }
});

describe('escapeTag', () => {
  it('comes back as it was, whatever it is', () => {
    for (let seed = 0; seed < trials; seed++) {
      const text = new Hostile(seed).text();
      const escaped = escapeTag(text);
      expect(unescapeTag(escaped)).to.equal(text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      expect(escaped).not.to.match(/[\\\u0000-\u001f\u007f]/);
    }
  });

  it('leaves alone what line protocol can carry', () => {
    expect(escapeTag('Once upon a time, "é" = 🦊 #1')).to.equal('Once upon a time, "é" = 🦊 #1');
  });
});
