import { expect } from 'chai';
import { formatCiSummary } from './ci-summary.js';
import { formatJunit } from './junit.js';
import { githubAnnotations } from './night-annotations.js';
import { formatDuration, type NightCell, type NightSummary } from './night-summary.js';
import { formatNight } from './night-table.js';

const cell = (scenario: string, board: string, more: Partial<NightCell> = {}): NightCell => ({
  job: `n.${scenario}.${board}`,
  scenario,
  file: 'scenarios/one.scenario.ts',
  boards: [board],
  verdict: 'pass',
  judged: true,
  durationMs: 1500,
  tries: [{ try: 1, place: 'local', boards: [board], outcome: 'pass', reasons: [], runFolder: 'runs/1' }],
  ...more,
});

const night: NightSummary = {
  night: 'nightly-1',
  folder: 'runs/nightly-1',
  tokenrack: '0.1.0',
  startedAt: '2026-11-21T20:00:00.000Z',
  endedAt: '2026-11-21T20:03:05.000Z',
  verdict: 'infra-fail',
  exitCode: 3,
  endedEarly: 'interrupted, 1 of 5 jobs not judged',
  resume: 'tokenrack nightly --resume runs/nightly-1',
  cells: [
    cell('first light', 'cam-1'),
    cell('first light', 'cam-2', {
      verdict: 'infra-fail',
      reason: 'cam-2: brownout | <b>reset</b>',
      tries: [
        { try: 1, place: 'lab-1', boards: ['cam-2'], outcome: 'lost', reasons: ['lab-1 went away'] },
        {
          try: 2,
          place: 'lab-1',
          boards: ['cam-2'],
          outcome: 'infra-fail',
          reasons: ['cam-2: brownout | <b>reset</b>'],
        },
      ],
    }),
    cell('words', 'cam-1', {
      verdict: 'product-fail',
      reason: 'says "no" & 50% less,\n::error::then \u0007stops',
    }),
    cell('words', 'cam-2', { verdict: 'inconclusive', judged: false, reason: 'interrupted', tries: [] }),
    cell('golden', 'cam-9', {
      verdict: 'inconclusive',
      boards: [],
      reason: 'no-board: none has gold',
      tries: [],
    }),
  ],
  boards: [
    { id: 'cam-1', mac: '24:6f:28:00:00:01', place: 'local', state: 'free' },
    { id: 'cam-2', mac: '24:6f:28:00:00:02', place: 'lab-1', state: 'quarantined', why: '3 brownouts' },
  ],
  claims: [
    { sweep: 'speed', title: 'fast is faster', board: 'cam-1', verdict: 'product-fail', message: '1 < 2' },
  ],
  reports: [],
  findings: [{ verdict: 'infra-fail', message: 'lab-2 stayed away' }],
};

describe('a night for people', () => {
  it('says why a host is away once for all its boards', () => {
    const away = { place: 'lab-3', state: 'away', why: 'its host key is not known' };
    const boards = [3, 4].map((n) => ({ id: `cam-${n}`, mac: `24:6f:28:00:00:0${n}`, ...away }));
    const said = 'cam-3, cam-4 are away: its host key is not known\n';
    expect(formatNight({ ...night, boards })).to.contain(`\n${said}`);
    expect(formatCiSummary({ ...night, boards })).to.contain(`- ${said}`);
  });

  it('is a table of scenarios by boards, then every reason with every try', () => {
    expect(formatNight(night)).to.equal(`night nightly-1
scenario     cam-1  cam-2  -
first light  ✓      !(2)
words        ✗      ?
golden       ·      ·      ?
✓ pass  ✗ product-fail  ! infra-fail  C config-error  B harness-bug  ? inconclusive  · not for that board
infra-fail first light on cam-2: cam-2: brownout | <b>reset</b>
    try 1 on cam-2 (lab-1): lost: lab-1 went away
    try 2 on cam-2 (lab-1): infra-fail: cam-2: brownout | <b>reset</b>
product-fail words on cam-1: says "no" & 50% less, ::error::then \u0007stops
    try 1 on cam-1: pass (runs/1)
inconclusive words on cam-2: interrupted
inconclusive golden: no-board: none has gold
cam-2 is quarantined: 3 brownouts
✗ speed (cam-1): fast is faster: 1 < 2
infra-fail: lab-2 stayed away
ended early: interrupted, 1 of 5 jobs not judged
go on with: tokenrack nightly --resume runs/nightly-1
1 pass, 2 inconclusive, 1 product-fail, 1 infra-fail in 3 min 05 s
verdict: infra-fail
night folder: runs/nightly-1
`);
  });

  it('counts by scenario when there are more boards than a line takes', () => {
    const ids = Array.from({ length: 20 }, (_, index) => `cam-${index + 1}`);
    const boards = ids.map((id) => ({ id, mac: id, place: 'local', state: 'free' }));
    const text = formatNight({ ...night, boards, cells: ids.map((id) => cell('first light', id)) });
    expect(text).to.contain('scenario     boards\nfirst light  20 pass\n');
  });

  it('says durations as people do', () => {
    expect([900, 59_400, 61_000, 7_800_000].map(formatDuration)).to.deep.equal([
      '1 s',
      '59 s',
      '1 min 01 s',
      '2 h 10 min',
    ]);
  });
});

describe('a night as JUnit', () => {
  const xml = formatJunit(night);

  it('has a testcase for each scenario and board, for each claim and for each finding', () => {
    expect(xml).to.contain(
      '<testsuites name="nightly-1" tests="7" failures="2" errors="2" skipped="2" time="185.000">',
    );
    expect(xml.match(/<testcase /g)).to.have.length(7);
    expect(xml).to.contain(
      '<testcase classname="scenarios/one.scenario.ts" name="first light [cam-1]" time="1.500">',
    );
  });

  it('tells failures of the product from errors and from what was skipped', () => {
    expect(xml).to.contain('<error type="infra-fail" message="cam-2: brownout | &lt;b&gt;reset&lt;/b&gt;"/>');
    expect(xml).to.contain(
      '<failure type="product-fail" message="says &quot;no&quot; &amp; 50% less,&#10;::error::then stops"/>',
    );
    expect(xml).to.contain('<error type="infra-fail" message="lab-2 stayed away"/>');
    expect(xml).to.contain('<skipped message="no-board: none has gold"/>');
  });
});

describe('a night as a page of a CI job', () => {
  const page = formatCiSummary(night);

  it('has the verdict first, the grid, and every try', () => {
    expect(page).to.match(/^## 🔌 tokenrack nightly: infra-fail\n/);
    expect(page).to.contain(
      '| scenario | cam-1 | cam-2 |\n| --- | --- | --- |\n| first light | ✅ | 🔌 (2 tries) |',
    );
    expect(page).to.contain('1: lost; lab-1 went away<br>2: infra-fail; cam-2: brownout');
  });

  it('shows what a board said as it is, and makes no markup of it', () => {
    expect(page).not.to.contain('<b>');
    expect(page).to.contain('brownout &#124; &#60;b&#62;reset');
  });
});

describe("GitHub's annotations of a night", () => {
  const lines = githubAnnotations(night);

  it('are errors for what failed and warnings for what is not certain, at the scenario’s file', () => {
    expect(lines[0]).to.equal(
      '::error file=scenarios/one.scenario.ts,title=infra-fail%3A first light::first light on cam-2: cam-2: brownout | <b>reset</b>',
    );
    expect(lines.filter((line) => line.startsWith('::error '))).to.have.length(4);
    expect(lines.filter((line) => line.startsWith('::warning '))).to.have.length(2);
  });

  it('never end their line or begin another command', () => {
    expect(lines.every((line) => !line.includes('\n'))).to.equal(true);
    expect(lines.find((line) => line.includes('words'))).to.contain('50%25 less,%0A::error::then');
  });

  it('are no more than GitHub shows', () => {
    const cells = Array.from({ length: 30 }, (_, n) => cell(`s${n}`, 'cam-1', { verdict: 'product-fail' }));
    expect(githubAnnotations({ ...night, cells })).to.have.length(10);
  });
});
