import { expect } from 'chai';
import { Turns } from './start-turns.js';

describe('turns', () => {
  it('lets so many work at once, in the order in which they came, also after one failed', async () => {
    const turns = new Turns(2);
    const log: string[] = [];
    const ends = new Map<string, () => void>();
    const work = (name: string) =>
      turns.take(async () => {
        log.push(name);
        await new Promise<void>((resolve) => ends.set(name, resolve));
        if (name === 'a') throw new Error('failed');
      });
    const all = Promise.allSettled(['a', 'b', 'c', 'd'].map(work));
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    await settle();
    expect(log).to.deep.equal(['a', 'b']);
    ends.get('a')!();
    await settle();
    expect(log).to.deep.equal(['a', 'b', 'c']);
    for (const name of ['b', 'c']) ends.get(name)!();
    await settle();
    ends.get('d')!();
    expect((await all).map(({ status }) => status)).to.deep.equal([
      'rejected',
      'fulfilled',
      'fulfilled',
      'fulfilled',
    ]);
    let again = 0;
    await Promise.all([1, 2].map(() => turns.take(async () => again++)));
    expect(again).to.equal(2);
  });
});
