import { expect } from 'chai';
import { compilePattern, patternFault } from './pattern.js';

/** What RegExp makes of it, in the same shape. */
function byRegExp(source: string, text: string): Record<string, string> | undefined {
  const found = new RegExp(source, 'u').exec(text);
  if (found === null) return undefined;
  const named = Object.entries(found.groups ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(named) as Record<string, string>;
}

/** SplitMix32, as numbers below `limit`. */
function draws(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) % limit;
  };
}

const atoms = ['a', 'b', '.', '[ab]', '[^a]', '\\d', '\\w', '[a-c\\d]', ' ', 'é', '\\.'];
const quantifiers = ['', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}', '*?', '+?', '??', '{0,2}?'];

/** A random pattern over a small alphabet; repeated parts always take a character. */
function randomPattern(draw: (limit: number) => number): string {
  let names = 0;
  const part = (depth: number): string => {
    if (depth === 0 || draw(3) > 0) return atoms[draw(atoms.length)]!;
    const inside = `${part(0)}${draw(2) > 0 ? piece(depth - 1) : ''}`;
    const other = draw(2) > 0 ? `|${part(0)}` : '';
    return draw(2) > 0 ? `(?:${inside}${other})` : `(?<g${names++}>${inside}${other})`;
  };
  const piece = (depth: number): string => part(depth) + quantifiers[draw(quantifiers.length)]!;
  const body = Array.from({ length: 1 + draw(4) }, () => piece(2)).join('');
  return `${draw(4) === 0 ? '^' : ''}${body}${draw(4) === 0 ? '$' : ''}`;
}

describe('compilePattern', () => {
  it('reads the groups of a line, wherever they stand', () => {
    const pattern = compilePattern('(?<tokens>\\d+) tokens in (?<ms>\\d+) ms');
    const line = 'I (12) llm: done: 3 tokens in 1234 ms (2.43 tokens/sec)';
    expect(pattern.match(line)).to.deep.equal({ tokens: '3', ms: '1234' });
    expect(pattern.match('3 tokens in no time')).to.equal(undefined);
  });

  it('finds what RegExp finds, over random patterns and texts', () => {
    const draw = draws(7);
    let matches = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const source = randomPattern(draw);
      const text = Array.from({ length: draw(12) }, () => 'aabbc1 .é'[draw(9)]!).join('');
      const wanted = byRegExp(source, text);
      if (wanted !== undefined) matches++;
      expect(compilePattern(source).match(text), `/${source}/ on "${text}"`).to.deep.equal(wanted);
    }
    expect(matches).to.be.within(1000, 3500);
  });

  it('does not take the place where it stops looking for the end of the line', () => {
    expect(compilePattern('a$').match('a'.repeat(2048))).to.deep.equal({});
    expect(compilePattern('a$').match('a'.repeat(2049))).to.equal(undefined);
    expect(compilePattern('^a').match('a'.repeat(9999))).to.deep.equal({});
  });

  it('takes linear time where RegExp would take for ever', () => {
    const evil = compilePattern('^(?:a+)+(?:a|aa)+(?:[ab]+)+$');
    const line = `${'a'.repeat(2000)}!`;
    const began = process.cpuUsage();
    expect(evil.match(line)).to.equal(undefined);
    expect(process.cpuUsage(began).user / 1000).to.be.below(1000);
  });
});

describe('patternFault', () => {
  const groups = ['tokens', 'ms'];
  const cases: readonly (readonly [string, RegExp])[] = [
    ['(\\d+', /does not compile: .*Unterminated group/],
    ['(?<rate>\\d+)', /a group "rate"; here they are tokens, ms/],
    ['a(?=b)', /looks ahead or behind/],
    ['(?<!a)b', /looks ahead or behind/],
    ['(a)\\1', /\\1, which is not known here/],
    ['\\bword', /\\b, which is not known here/],
    ['(?:a*)*', /repeats something that may be empty/],
    ['(?:a{50}){50}', /too large/],
    ['x'.repeat(401), /longer than 400/],
    ['', /not empty/],
  ];
  for (const [source, wanted] of cases) {
    it(`refuses ${source.slice(0, 20) || 'nothing'}`, () => {
      expect(patternFault(source, groups)).to.match(wanted);
    });
  }

  it('accepts what fits', () => {
    expect(patternFault('(?<tokens>\\d+) in (?<ms>[\\d.]{1,9}) ms$', groups)).to.equal(undefined);
  });
});
