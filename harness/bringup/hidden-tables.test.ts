import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { leaseForTest } from '../lease/testing/lease-for-test.js';
import { readRack } from '../rack/rack-file.js';
import { plainTable } from '../sinks/plain-table.js';
import { loadCostTable } from '../virtual/cost-table.js';
import { type BringupResult, bringUp } from './bring-up.js';
import { formatBringup } from './bringup-report.js';
import { readRecord } from './record-files.js';
import { hiddenTable } from './testing/hidden-table.js';
import { type RecoveredFigure, recoveredFigures } from './testing/recovered-figures.js';

/** Three boards nobody knows: how their card is wired, and what their hidden tables are scaled from. The demo takes seconds. */
const boards = [
  { seed: 1, demo: true, wiring: 'card_mode: 1-bit' },
  { seed: 2, demo: false, wiring: 'card_mode: 4-bit\n    fast_seek: false' },
  { seed: 3, demo: true, wiring: 'card_mode: 1-bit\n    bounce_buffer: false' },
] as const;

describe('bring-up of boards with hidden cost tables', function () {
  this.timeout(120_000);
  let folder = '';
  const results: BringupResult[] = [];
  const figures: RecoveredFigure[][] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tokenrack-bringup-'));
    await writeFile(join(folder, 'rack.yaml'), await writeRack(folder));
    const rack = await readRack(join(folder, 'rack.yaml'));
    for (const [index, board] of rack.boards.entries()) {
      const result = await bringUp({
        rack,
        board,
        lease: () => leaseForTest(join(folder, 'state'), board),
        use: index === 0,
        demo: boards[index]!.demo,
        stateFolder: join(folder, 'state'),
        runsFolder: join(folder, 'runs'),
        startedAt: new Date(Date.UTC(2026, 10, 21)),
        onEvent: () => {},
      });
      results.push(result);
      figures.push(recoveredFigures(hiddenTable(boards[index]!.seed), result.fit));
    }
    console.log(tableOf(figures));
  });
  after(() => rm(folder, { recursive: true }));

  for (const [index, { wiring, demo }] of boards.entries()) {
    const name = wiring.replaceAll(/\s*\n\s*/g, ', ');
    it(`recovers each figure that shows in a time within 5%, on a board with ${name}`, () => {
      const found = figures[index]!;
      expect(found.length, 'figures').to.be.at.least(15);
      for (const { name: figure, relativeError } of found) expect(relativeError, figure).to.be.below(0.05);
    });

    if (!demo) continue;
    it(`models the demo within 5% of what that board measures, with ${name}`, () => {
      const { comparison, comparisonMissing } = results[index]!;
      expect(comparisonMissing).to.equal(undefined);
      expect(comparison!.rows.map((row) => row.name)).to.include.members([
        'decode_rate',
        'time_to_first_token',
      ]);
      for (const row of comparison!.rows) expect(row.worstRelativeError, row.name).to.be.below(0.05);
    });
  }

  it('measures what the wiring lets through, and says what it kept', () => {
    const kept = results.map(({ fit }) =>
      fit.entries.filter((entry) => !entry.measured).map((entry) => entry.name),
    );
    const cards = kept.map((names) => names.filter((name) => /card\.(seq|direct|chain)|copyTo/.test(name)));
    expect(cards).to.deep.equal([
      ['card.sequentialFourBit', 'card.directToPsram', 'card.chainWalkUs'],
      ['card.sequentialOneBit', 'card.directToPsram'],
      ['memory.copyToPsramBandwidth', 'card.sequentialFourBit', 'card.chainWalkUs'],
    ]);
    for (const names of kept) expect(names).to.include.members(['cpuMhz', 'memory.flashBandwidth']);
  });

  it('names the source of every figure, and keeps the hidden table out of them', () => {
    const { files } = results[0]!;
    const { card, cpuMhz } = loadCostTable(files.costTable);
    expect(card.seekUs.source).to.match(/^measured on 24:6f:28:7a:01:01 at 2026-11-21T.* by bringup/);
    expect(cpuMhz.source).to.match(/^not measured by bringup on 24:6f:28:7a:01:01 .*ESP32 datasheet/);
    expect(cpuMhz.value).to.equal(loadCostTable().cpuMhz.value);
  });

  it('keeps a record that can be read again, and tells all of it to people', async () => {
    const { files, record } = results[1]!;
    expect(await readRecord(files.record)).to.deep.equal(record);
    const text = formatBringup(results[1]!);
    expect(record.observations.fragments).to.equal(1);
    expect(text).to.match(/weights on the card +contiguous\n/);
    expect(text).to.contain('24:6f:28:7a:01:02').and.contain('921600').and.contain('recommended');
    expect(text).to.match(/card\.sequentialFourBit +MB\/s +9 +[\d.]+\n/);
  });

  it('makes the rack name the table where that was asked for, and only there', async () => {
    const text = await readFile(join(folder, 'rack.yaml'), 'utf8');
    expect(text).to.contain('# the three of them').and.contain('cost_table: rack.d/cam-1.cost-table.json');
    const rack = await readRack(join(folder, 'rack.yaml'));
    expect(rack.boards.map((board) => board.cost_table)).to.deep.equal([
      results[0]!.files.costTable,
      join(folder, 'hidden-2.json'),
      join(folder, 'hidden-3.json'),
    ]);
  });
});

async function writeRack(folder: string): Promise<string> {
  const entries = boards.map(async ({ seed, wiring }, index) => {
    await writeFile(join(folder, `hidden-${seed}.json`), JSON.stringify(hiddenTable(seed)));
    const mac = `24:6f:28:7a:01:0${index + 1}`;
    return `  - id: cam-${index + 1}\n    link: virtual\n    mac: "${mac}"\n    ${wiring}\n    cost_table: hidden-${seed}.json\n`;
  });
  return `# the three of them\nboards:\n${(await Promise.all(entries)).join('')}`;
}

/** Recovered against hidden, board by board. */
function tableOf(all: readonly (readonly RecoveredFigure[])[]): string {
  const names = [...new Set(all.flat().map((figure) => figure.name))];
  const rows = names.map((name) => [
    name,
    ...all.map((figures) => {
      const figure = figures.find((one) => one.name === name);
      if (figure === undefined) return '';
      const { hidden, recovered, relativeError } = figure;
      return `${figuresOf(hidden)} ${figuresOf(recovered)} ${(relativeError * 100).toFixed(3)}%`;
    }),
  ]);
  const heads = all.map((_, index) => ({ head: `cam-${index + 1}: hidden, recovered, off by` }));
  return plainTable([{ head: 'figure' }, ...heads], rows);
}

function figuresOf(value: number): string {
  return String(Number(value.toPrecision(5)));
}
