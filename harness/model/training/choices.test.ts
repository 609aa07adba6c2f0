import { expect } from 'chai';
import { Choices } from './choices.js';

describe('Choices', () => {
  it('is the same stream for the same seed', () => {
    const stream = (seed: number) => {
      const choices = new Choices(seed);
      return Array.from({ length: 20 }, () => choices.below(1000));
    };
    expect(stream(9)).to.deep.equal(stream(9));
    expect(stream(9)).to.not.deep.equal(stream(10));
  });

  it('picks every option about equally often', () => {
    const choices = new Choices(1);
    const counts = [0, 0, 0];
    for (let i = 0; i < 3000; i++) counts[choices.pick([0, 1, 2])]! += 1;
    for (const count of counts) expect(count).to.be.within(900, 1100);
  });

  it('picks different options when it picks some', () => {
    const choices = new Choices(2);
    for (let i = 0; i < 50; i++) expect(new Set(choices.pickSome(['a', 'b', 'c', 'd'], 3)).size).to.equal(3);
  });

  it('counts the nats of the picks that were made, not of the ways that were not taken', () => {
    const choices = new Choices(3);
    expect(choices.say(() => 'only')).to.equal('only');
    expect(choices.nats).to.equal(0);
    choices.pick(['a', 'b']);
    expect(choices.nats).to.be.closeTo(Math.log(2), 1e-15);
    const before = choices.nats;
    const said = choices.say('short', () => choices.pick(['x', 'y', 'z']));
    expect(choices.nats - before).to.be.closeTo(said === 'short' ? Math.log(2) : Math.log(6), 1e-12);
  });
});
