import { expect } from 'chai';
import { requirementsSchema } from '../jobs/job.js';
import { boardFits, canonicalRequirements, classOf, fits, parseRequirements } from './classes.js';

const requires = (given: object) => requirementsSchema.parse(given);
const mac = '24:6f:28:00:00:01';

describe('requirement classes', () => {
  it('are the same for the same requirements, however they are written', () => {
    const one = requires({ labels: ['lens', 'psram', 'lens'], count: 2 });
    const other = requires({ count: 2, labels: ['psram', 'lens'] });
    expect(classOf(one))
      .to.equal(classOf(other))
      .and.to.match(/^[0-9a-f]{16}$/);
  });

  it('differ when any part of the requirements does', () => {
    const all = [{}, { labels: ['lens'] }, { mac }, { count: 2 }, { labels: ['lens'], mac }];
    expect(new Set(all.map((given) => classOf(requires(given)))).size).to.equal(all.length);
  });

  it('can be read again from what is kept in Redis', () => {
    const given = requires({ labels: ['lens'], mac, count: 1 });
    expect(parseRequirements(canonicalRequirements(given))).to.deep.equal(given);
  });

  it('fit a board that has every label and is the one asked for', () => {
    const board = { mac, labels: ['virtual', 'lens'] };
    expect(boardFits(requires({ labels: ['lens'] }), board)).to.equal(true);
    expect(boardFits(requires({ labels: ['lens', 'psram'] }), board)).to.equal(false);
    expect(boardFits(requires({ mac }), board)).to.equal(true);
    expect(boardFits(requires({ mac: '24:6f:28:00:00:02' }), board)).to.equal(false);
  });

  it('leave out boards that a job failed on', () => {
    const board = { mac, labels: ['virtual'] };
    const failed = requires({ notOn: [mac, '24:6f:28:00:00:07'] });
    expect(boardFits(failed, board)).to.equal(false);
    expect(boardFits(failed, { ...board, mac: '24:6f:28:00:00:02' })).to.equal(true);
    expect(classOf(failed)).to.equal(classOf(requires({ notOn: ['24:6f:28:00:00:07', mac] })));
    expect(classOf(failed)).to.not.equal(classOf(requires({})));
    expect(parseRequirements(canonicalRequirements(failed)).notOn).to.deep.equal(
      [mac, '24:6f:28:00:00:07'].sort(),
    );
  });

  it('fit a machine with as many boards as are asked for', () => {
    const boards = [1, 2].map((number) => ({ mac: `24:6f:28:00:00:0${number}`, labels: ['lens'] }));
    expect(fits(requires({ labels: ['lens'], count: 2 }), boards)).to.equal(true);
    expect(fits(requires({ labels: ['lens'], count: 3 }), boards)).to.equal(false);
  });
});
