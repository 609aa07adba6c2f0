import { expect } from 'chai';
import { jobIdSchema } from '../farm/jobs/job.js';
import { selectionsOf } from './judge-claims.js';
import { type PlanBoard, planJobs } from './plan-night.js';
import { jobOf } from './testing/tiny-jobs.js';

const board = (id: string, labels: readonly string[], place = 'local'): PlanBoard => ({
  id,
  mac: `mac-${id}`,
  labels: ['virtual', ...labels],
  place,
});
const rack = [board('a', ['fast']), board('b', []), board('c', ['fast'], 'lab-1')];
const wants = (title: string, labels: readonly string[] = [], count = 1) => ({ title, labels, count });

describe('the plan of a night', () => {
  it('has every scenario on every board that fits', () => {
    const { drafts, unplaced } = planJobs([wants('any'), wants('quick', ['fast'])], rack, {
      night: 'n',
      once: false,
    });
    expect(drafts.map(({ title, requires }) => `${title} ${requires.mac}`)).to.deep.equal([
      'any mac-a',
      'any mac-b',
      'any mac-c',
      'quick mac-a',
      'quick mac-c',
    ]);
    expect(unplaced).to.deep.equal([]);
  });

  it('has each once, on any board that has its labels, with --once', () => {
    const { drafts } = planJobs([wants('quick', ['virtual', 'fast', 'fast'])], rack, {
      night: 'n',
      once: true,
    });
    expect(drafts.map(({ requires }) => requires)).to.deep.equal([{ labels: ['fast', 'virtual'], count: 1 }]);
  });

  it('has a scenario for several boards once, and wants them of one place', () => {
    const scenarios = [wants('pair', [], 2), wants('fast pair', ['fast'], 2)];
    const { drafts, unplaced } = planJobs(scenarios, rack, { night: 'n', once: false });
    expect(drafts.map(({ title, requires }) => [title, requires.count])).to.deep.equal([['pair', 2]]);
    expect(unplaced.map(({ title, why }) => [title, why])).to.deep.equal([
      [
        'fast pair',
        'no-board: needs 2 boards of one machine with the labels fast; 2 in all are in the night',
      ],
    ]);
  });

  it('says of a scenario that no board fits what it needs, and plans it where boards are not known yet', () => {
    const { drafts, unplaced } = planJobs([wants('golden', ['gold'])], rack, { night: 'n', once: false });
    expect(drafts).to.deep.equal([]);
    expect(unplaced[0]?.why).to.equal('no-board: needs a board with the labels gold; none is in the night');
    expect(
      planJobs([wants('golden', ['gold'])], undefined, { night: 'n', once: true }).drafts,
    ).to.have.length(1);
  });

  it('names every job apart, by names that are a folder’s everywhere', () => {
    const titles = ['Größe: 1', 'Größe: 2', 'x'.repeat(200), `${'x'.repeat(200)}y`];
    const night = 'nightly-2026-11-21_20-00-00-abcd';
    const { drafts } = planJobs(
      titles.map((title) => wants(title)),
      rack,
      { night, once: false },
    );
    expect(new Set(drafts.map(({ id }) => id)).size).to.equal(titles.length * rack.length);
    for (const { id } of drafts) expect(jobIdSchema.safeParse(id).success, id).to.equal(true);
  });
});

describe('what runs of a sweep are judged together', () => {
  const boards = [
    { id: 'a', mac: 'mac-a', place: 'local' },
    { id: 'b', mac: 'mac-b', place: 'local' },
  ];
  const on = (title: string, mac: string) => ({ ...jobOf(title, { mac }), id: `n.${title}.${mac}` });
  const shown = (scenarios: readonly string[], jobs: Parameters<typeof selectionsOf>[1]['jobs']) =>
    selectionsOf({ scenarios }, { jobs, boards }).map(({ board: id = 'any', jobs: chosen }) => [
      id,
      ...chosen.values(),
    ]);

  it('are those of each board on which all variants ran', () => {
    const jobs = [on('one', 'mac-a'), on('one', 'mac-b'), on('two', 'mac-a'), on('two', 'mac-b')];
    expect(shown(['one', 'two'], jobs)).to.deep.equal([
      ['a', 'n.one.mac-a', 'n.two.mac-a'],
      ['b', 'n.one.mac-b', 'n.two.mac-b'],
    ]);
  });

  it('are one of each variant when they want different boards, or ran once', () => {
    expect(shown(['one', 'two'], [on('one', 'mac-a'), on('two', 'mac-b')])).to.deep.equal([
      ['any', 'n.one.mac-a', 'n.two.mac-b'],
    ]);
    expect(shown(['one', 'two'], [jobOf('one'), jobOf('two')])).to.deep.equal([
      ['any', 'night.one', 'night.two'],
    ]);
    expect(shown(['one', 'two'], [])).to.deep.equal([]);
  });
});
