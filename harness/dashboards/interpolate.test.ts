import { expect } from 'chai';
import { ALL, interpolate, type VariableValue, variablesOf } from './interpolate.js';

const BOARDS = 'SELECT "passed" FROM "run" WHERE $timeFilter AND "board" =~ /^$board$/';

function expand(text: string, variables: Record<string, VariableValue>): string {
  return interpolate(text, { from: 1000, to: 2000, interval: '1h', variables });
}

describe('interpolate', () => {
  it('makes the time filter and the interval what Grafana makes of them', () => {
    expect(expand('SELECT mean("x") FROM "y" WHERE $timeFilter GROUP BY time($__interval)', {})).to.equal(
      'SELECT mean("x") FROM "y" WHERE time >= 1000ms and time <= 2000ms GROUP BY time(1h)',
    );
  });

  it('makes several values a group of alternatives', () => {
    expect(expand(BOARDS, { board: ['cam-1', 'cam-2'] })).to.match(/=~ \/\^\(cam-1\|cam-2\)\$\/$/);
  });

  it('escapes what has a meaning in a regular expression, the slash that would end it included', () => {
    expect(expand(BOARDS, { board: ['a/b', 'c.d (2)'] })).to.contain(String.raw`/^(a\/b|c\.d \(2\))$/`);
    expect(expand(BOARDS, { board: 'a|b' })).to.contain(String.raw`/^a\|b$/`);
  });

  it('leaves All and a single value outside of regular expressions as they are', () => {
    expect(expand(BOARDS, { board: ALL })).to.contain('/^.*$/');
    expect(expand(`WHERE "clock" = '$clock'`, { clock: 'a.b' })).to.equal(`WHERE "clock" = 'a.b'`);
  });

  it('does not take one variable for another whose name it begins', () => {
    expect(expand(`'$a' '$ab'`, { a: '1', ab: '2' })).to.equal(`'1' '2'`);
  });

  it('does not expand what a value contains', () => {
    expect(expand(`'$a'`, { a: '$b', b: 'no' })).to.equal(`'$b'`);
  });

  it('refuses a variable without a value', () => {
    expect(() => expand(BOARDS, {})).to.throw(RangeError, 'names $board');
  });

  it('lists the variables of a query, without the macros and the ends of regular expressions', () => {
    const text = `WHERE $timeFilter AND "clock" = '$clock' AND "board" =~ /^$board$/ GROUP BY time($__interval)`;
    expect(variablesOf(text)).to.deep.equal(['clock', 'board']);
  });
});
