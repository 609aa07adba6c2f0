import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { NightSummary } from '../sinks/night-summary.js';
import { ledgerOf, NightWorkshop, summaryOf, TINY, tinyScenarios } from './testing/night-folder.js';

const SCENARIOS = `
import { expect } from 'chai';
import { chunkReport, scenario, sweep, tokens } from 'tokenrack';
const base = { ${TINY} };
sweep('two ways', {
  base,
  variants: { streamed: { strategy: 'seed' }, resident: { strategy: 'fast' } },
  report: chunkReport('two ways'),
  expect: {
    'has both': (points) => { expect(points.map((point) => point.name)).to.deep.equal(['streamed', 'resident']); },
    'has three': (points) => { expect(points).to.have.length(3); },
  },
});
sweep('two cards', {
  base,
  variants: { one: { boards: { labels: ['first'] } }, four: { boards: { labels: ['second'] } } },
  report: chunkReport('two cards'),
  expect: { 'ran on both': (points) => { expect(points.map((point) => point.result.boards[0].id)).to.deep.equal(['a', 'b']); } },
});
scenario('wants gold', { ...base, boards: { labels: ['gold'] } });
scenario('is wrong', base, { 'one is two': () => { expect(1).to.equal(2); } });
`;
const RACK = `
boards:
  - { id: a, link: virtual, mac: "24:6f:28:7c:01:01", labels: [first] }
  - { id: b, link: virtual, mac: "24:6f:28:7c:01:02", labels: [second] }
`;

describe('tokenrack nightly', function () {
  this.timeout(120_000);

  it('runs every scenario on every board that fits, and leaves a summary for people, programs and CI', async () => {
    await using shop = await NightWorkshop.make();
    await shop.write('rack.yaml', RACK);
    const file = await shop.write('scenarios/all.scenario.ts', SCENARIOS);
    const ended = await shop.nightly(file, '--json', '--annotate', 'github');
    expect(ended.code, ended.err).to.equal(1);
    const summary = JSON.parse(ended.out) as NightSummary;
    const [night] = await shop.nights();
    expect(summary).to.deep.equal(await summaryOf(night!));
    expect(
      summary.cells.map(({ scenario, boards, verdict }) => `${scenario} ${boards} ${verdict}`),
    ).to.deep.equal([
      'two ways: streamed a pass',
      'two ways: streamed b pass',
      'two ways: resident a pass',
      'two ways: resident b pass',
      'two cards: one a pass',
      'two cards: four b pass',
      'is wrong a product-fail',
      'is wrong b product-fail',
      'wants gold  inconclusive',
    ]);
    expect(
      summary.claims.map(({ board = 'both', title, verdict }) => `${title} ${board} ${verdict}`),
    ).to.deep.equal([
      'has both a pass',
      'has three a product-fail',
      'has both b pass',
      'has three b product-fail',
      'ran on both both pass',
    ]);
    expect(summary.reports).to.have.length(3);
    expect(await readFile(join(summary.reports[0]!.folder, 'report.txt'), 'utf8')).to.contain('Pareto front');
    expect(await readdir(join(night!, 'runs'))).to.have.length(8);
    expect(await readFile(join(night!, 'summary.txt'), 'utf8')).to.match(/is wrong +✗ +✗/);
    expect(await readFile(join(night!, 'summary.md'), 'utf8')).to.contain('| is wrong | ❌ | ❌ |');
    expect(await readFile(join(night!, 'junit.xml'), 'utf8')).to.match(
      /tests="14" failures="4" errors="0" skipped="1"/,
    );
    expect(ended.err).to.contain('::error file=scenarios/all.scenario.ts,title=product-fail%3A is wrong::');
    expect(ended.err).to.contain('::warning ');
    const records = await ledgerOf(night!);
    for (const record of ['planned', 'started', 'judged', 'delivered'])
      expect(
        records.filter((one) => one.record === record),
        record,
      ).to.have.length(8);
    const labels = JSON.parse(await readFile(join(night!, 'night.json'), 'utf8')).jobs[0].labels;
    expect(labels).to.deep.equal({ suite: 'nightly', channel: 'dev', arm: 'candidate' });
  });

  it('goes on without a board that only fails, and runs its jobs elsewhere', async () => {
    await using shop = await NightWorkshop.make();
    const dead =
      '  - { id: dead, link: rfc2217, host: 127.0.0.1, port: 9, clock: modelled, mac: "24:6f:28:7c:00:99" }';
    await shop.rack(1, [dead]);
    const file = await shop.write('tiny.scenario.ts', tinyScenarios(3));
    const ended = await shop.nightly(file, '--once');
    const summary = await summaryOf((await shop.nights())[0]!);
    expect(ended.code, ended.out).to.equal(0);
    expect(summary.cells.map((cell) => cell.verdict)).to.deep.equal(['pass', 'pass', 'pass']);
    const retried = summary.cells.find((cell) => cell.tries.length > 1);
    expect(retried?.tries.map((one) => `${one.boards} ${one.outcome}`)).to.deep.equal([
      'dead infra-fail',
      'cam-1 pass',
    ]);
    expect(retried?.tries[0]?.reasons[0]).to.match(/connection refused/);
    expect(summary.boards.find(({ id }) => id === 'dead')?.state).to.equal('quarantined');
  });

  it('ends at its budget, lists what was not started, and goes on with it when it is resumed', async () => {
    await using shop = await NightWorkshop.make();
    await shop.rack(1);
    const file = await shop.write('tiny.scenario.ts', tinyScenarios(2));
    const early = await shop.nightly(file, '--budget', '0.001s');
    const [night] = await shop.nights();
    expect(early.code).to.equal(5);
    expect(early.out).to.match(/inconclusive tiny 2 on cam-1: nothing was started after/);
    expect(early.out).to.contain('go on with: tokenrack nightly --resume runs/');
    const resumed = await shop.nightly('--resume', night!);
    expect(resumed.code, resumed.out).to.equal(0);
    expect((await summaryOf(night!)).cells.every((cell) => cell.verdict === 'pass' && cell.judged)).to.equal(
      true,
    );
  });

  it('touches no board for files that cannot be, titles that occur twice, or a night that has changed', async () => {
    await using shop = await NightWorkshop.make();
    await shop.rack(1);
    const bad = await shop.write(
      'bad.scenario.ts',
      "import { scenario } from 'tokenrack';\nscenario('typo', { repeat: 3 });\n",
    );
    expect(await shop.nightly(bad)).to.include({
      code: 2,
      err: 'tokenrack: config-error: scenario "typo": unknown key "repeat"\n',
    });
    const [one, two] = [
      await shop.write('1.scenario.ts', tinyScenarios(1)),
      await shop.write('2.scenario.ts', tinyScenarios(1)),
    ];
    const twice = await shop.nightly(one, two);
    expect(twice.code).to.equal(2);
    expect(twice.err).to.match(/"tiny 1" is defined in .*1\.scenario\.ts and in .*2\.scenario\.ts/);
    expect(await shop.nights()).to.deep.equal([]);
    await shop.nightly(one, '--budget', '0.001s');
    await shop.write('1.scenario.ts', `${tinyScenarios(1)}// changed\n`);
    const changed = await shop.nightly('--resume', (await shop.nights())[0]!);
    expect(changed.code).to.equal(2);
    expect(changed.err).to.match(/"tiny 1" is not what it was/);
    expect((await shop.nightly('--resume', shop.path)).err).to.match(/no night's folder/);
    expect((await shop.nightly('--resume', (await shop.nights())[0]!, '--once')).err).to.match(
      /leave out --once/,
    );
  });
});
