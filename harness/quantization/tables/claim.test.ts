import { expect } from 'chai';
import { type ClaimRule, checkClaim, checkOrder, countClaims, unmeasured } from './claim.js';
import { tally } from './section.js';

describe('claim', () => {
  const check = (rule: ClaimRule, measured: number | undefined) =>
    checkClaim({
      where: 'a row',
      claim: 'as said',
      rule,
      basis: 'measured',
      measured,
      show: (value) => `${value}x`,
    });

  it('is decided by the figure and the rule alone', () => {
    const about: ClaimRule = { rule: 'about', value: 8, within: 0.05 };
    expect(check(about, 7.7).holds).to.equal('yes');
    expect(check(about, 2)).to.deep.include({ holds: 'no', measured: '2x', why: '0.25 times 8x' });
    const between: ClaimRule = { rule: 'between', from: 10, to: 15 };
    expect([9.9, 10, 15, 15.1].map((value) => check(between, value).holds)).to.deep.equal([
      'no',
      'yes',
      'yes',
      'no',
    ]);
    expect(check(between, 16).why).to.equal('above 10x to 15x');
    expect(check({ rule: 'at least', value: 1.5 }, 1.4).holds).to.equal('no');
    expect(check({ rule: 'at most', value: 1.5 }, 1.4).holds).to.equal('yes');
    const equal: ClaimRule = { rule: 'equal', value: 16 };
    expect([15, 16, 17].map((value) => check(equal, value).holds)).to.deep.equal(['no', 'yes', 'no']);
    expect(check(equal, 15).why).to.equal('less than 16x');
  });

  it('is open where nothing was measured', () => {
    expect(check({ rule: 'at least', value: 1 }, undefined)).to.deep.include({
      holds: 'not measured',
      measured: 'no such build',
    });
  });

  it('compares an order, of those that were measured', () => {
    const order = (...found: string[]) =>
      checkOrder('row', 'a, b, c', ['a', 'b', 'c'], found, 'measured', '').holds;
    expect(order('a', 'b', 'c')).to.equal('yes');
    expect(order('a', 'c')).to.equal('yes');
    expect(order('a', 'c', 'b')).to.equal('no');
    expect(order('a')).to.equal('not measured');
  });

  it('is counted by outcome, apart from claims that rest on no measurement', () => {
    const rule: ClaimRule = { rule: 'at least', value: 1 };
    const claims = [check(rule, 1), check(rule, 0), check(rule, 0), unmeasured('', '', '')];
    const arithmetic = claims.slice(0, 2).map((claim) => ({ ...claim, basis: 'arithmetic' as const }));
    const none = { yes: 0, no: 0, 'not measured': 0 };
    expect(countClaims([...claims, ...arithmetic])).to.deep.equal({
      measured: { yes: 1, no: 2, 'not measured': 1 },
      arithmetic: { yes: 1, no: 1, 'not measured': 0 },
      definition: none,
      exists: none,
    });
    expect(tally([...claims, ...arithmetic])).to.equal(
      "6 claims; measured: 1 hold, 2 do not; by arithmetic on the seed's own figures or the model's shape: 1 hold, 1 do not; not measured here: 1",
    );
  });
});
