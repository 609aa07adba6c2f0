import { expect } from 'chai';
import { requirementsSchema } from '../jobs/job.js';
import type { BoardFacts } from './classes.js';
import { turns, type WaitingClass } from './turn.js';

const board = (mac: string, ...labels: string[]): BoardFacts => ({ mac, labels });
const named = (name: string, given: object = {}): WaitingClass => ({
  name,
  requires: requirementsSchema.parse(given),
});
const shown = (...args: Parameters<typeof turns>) =>
  turns(...args).map(({ name, boards }) => `${name}: ${boards.map(({ mac }) => mac).join(' ')}`);

describe('the turn of the classes', () => {
  it('goes round, beginning after the one that was served last', () => {
    const classes = [named('a'), named('b'), named('c')];
    const order = (served?: string) => turns(classes, [board('x')], [], served).map(({ name }) => name);
    expect(order()).to.deep.equal(['a', 'b', 'c']);
    expect(order('a')).to.deep.equal(['b', 'c', 'a']);
    expect(order('c')).to.deep.equal(['a', 'b', 'c']);
    expect(order('gone meanwhile')).to.deep.equal(['a', 'b', 'c']);
  });

  it('leaves boards that many classes can use for them', () => {
    const classes = [named('any'), named('picky', { labels: ['lens'] })];
    expect(shown(classes, [board('lensed', 'lens'), board('plain')], [], undefined)).to.deep.equal([
      'any: plain',
      'picky: lensed',
    ]);
  });

  it('passes over a class that no free board fits', () => {
    expect(
      shown([named('picky', { labels: ['lens'] }), named('any')], [board('x')], [], undefined),
    ).to.deep.equal(['any: x']);
  });

  it('keeps boards for a class that wants several, when our own jobs will give the others back', () => {
    const classes = [named('one'), named('two', { count: 2 })];
    expect(shown(classes, [board('x')], [board('y')], 'one')).to.deep.equal([]);
    expect(shown(classes, [board('x'), board('y')], [], 'one')).to.deep.equal(['two: x y', 'one: x']);
  });

  it('keeps nothing for a class that needs boards which others have', () => {
    expect(shown([named('one'), named('two', { count: 2 })], [board('x')], [], 'one')).to.deep.equal([
      'one: x',
    ]);
  });
});
