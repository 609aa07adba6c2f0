import { expect } from 'chai';
import { type ExampleReport, exampleReport } from '../tables/testing/example-report.js';
import { digits, plain } from './markup.js';
import { reportPage } from './page.js';
import { overlap, placeLabels } from './place-labels.js';
import { divergencePlot, perplexityPlot, speedPlot } from './plots.js';
import { logScale, ratioScale } from './scale.js';
import { touching } from './touching.js';

describe('the report page', () => {
  const some: ExampleReport[] = [
    {},
    { recipe: { method: 'gptq', bits: 4 }, kl: 0.01, bytes: 7_300_000 },
    { recipe: { method: 'qat', bits: 1.58 }, kl: 0.4, lnRatio: 0.5, bytes: 2_900_000, accepted: false },
    {
      recipe: { method: 'clip', bits: 6, group: 20 },
      unsupported: 'no card format has groups of 20 at 6 bits',
      accepted: false,
    },
  ];
  const reports = some.map(exampleReport);

  it('stands alone: no script, nothing from elsewhere, texts escaped', () => {
    const page = reportPage(reports);
    expect(page).not.to.match(/<script|https?:\/\/(?!www\.w3\.org\/2000\/svg)|@import|url\(/);
    expect(page).to.contain('Tom had a &lt;red&gt; ball.').and.not.to.contain('<red>');
    expect(page).to.contain('Speeds are modelled');
    expect(page).to.contain('no card format has groups of 20 at 6 bits');
    expect(reportPage(reports)).to.equal(page);
  });

  it('has the verdict beside the name, and no more columns than a page is wide', () => {
    const table = reportPage(reports).split('<h3>Why')[0]!;
    expect(table.match(/<th scope="col"/g)).to.have.length(10);
    expect(table).to.match(/<\/svg> ternary-qat<\/th><td class="no">✗ no<br><small>\w/);
    expect(table).to.match(/<\/svg> int8-nearest<\/th><td class="yes">✓ yes<\/td>/);
  });

  it('lists the widest first, and says what a mixture treats apart', () => {
    const mixed = exampleReport({ recipe: { method: 'awq', bits: 4, exceptions: { lm_head: { bits: 8 } } } });
    const page = reportPage([...reports.toReversed(), mixed]);
    const names = [...page.split('<h3>Why')[0]!.matchAll(/<\/svg> ([\w-]+)/g)].map(([, name]) => name);
    expect(names.map((name) => name!.split('-')[0])).to.deep.equal([
      'int8',
      'int6',
      'int4',
      'int4',
      'ternary',
    ]);
    expect(page).to.contain('<small class="apart">lm_head: 8 bits</small>');
  });

  it('writes a text once that several builds wrote', () => {
    const page = reportPage(reports);
    const [base] = reports[0]!.generation.texts;
    expect(page.split(base!.build.replace('<red>', '&lt;red&gt;'))).to.have.length(2);
    expect(page).to.match(/<b>(float32, )?int8-nearest, int6-g20-clip, int4-gptq, ternary-qat<\/b>/);
  });

  it('has the column of a task where one was given', () => {
    const task = { source: 'task.jsonl', questions: 100, chance: 0.5, base: 0.9, build: 0.875 };
    const { quality } = reports[0]!;
    const page = reportPage([{ ...reports[0]!, quality: { ...quality, task } }, reports[1]!]);
    expect(page).to.contain('<td class="n">90.0%</td>').and.contain('<td class="n">87.5%</td>');
  });

  it('has a part for every model, and says that there is nothing where there is nothing', () => {
    const other = { ...reports[0]!, model: { name: 'other', hash: 'cd', parameters: 1 } };
    expect(reportPage([...reports, other]).match(/<h1>.*<\/h1>/g)).to.deep.equal([
      '<h1>example</h1>',
      '<h1>other</h1>',
    ]);
    expect(reportPage([])).to.contain('There are no builds');
  });

  it('leaves out of each plot what has no figure there', () => {
    expect(perplexityPlot(reports).points).to.have.length(4);
    expect(speedPlot(reports)!.points.map(({ label }) => label)).to.deep.equal([
      'int8-nearest',
      'int4-gptq',
      'ternary-qat',
    ]);
    expect(speedPlot([reports[3]!])).to.equal(undefined);
    const equal = exampleReport({ kl: 0 });
    expect(divergencePlot([equal, reports[1]!]).points).to.have.length(1);
  });
});

describe('plot', () => {
  it('places labels of crowded points so that none covers another, nor a point', () => {
    const points = Array.from({ length: 12 }, (_, i) => ({
      x: 200 + (i % 4) * 14,
      y: 150 + Math.floor(i / 4) * 10,
      label: `int4-gptq-${i}`,
    }));
    const area = { left: 0, top: 0, width: 700, height: 400 };
    const boxes = placeLabels(points, area).map(({ box }) => box);
    for (const [i, box] of boxes.entries()) {
      expect(overlap(box, boxes.slice(i + 1)), `label ${i}`).to.equal(0);
      expect(
        overlap(
          box,
          points.map(({ x, y }) => ({ left: x - 5, top: y - 5, width: 10, height: 10 })),
        ),
        `a point under label ${i}`,
      ).to.equal(0);
    }
  });

  it('names marks that touch together, the upper one first, and others alone', () => {
    const points = [
      { x: 100, y: 58, label: 'int4-awq' },
      { x: 100, y: 50, label: 'int4-clip' },
      { x: 106, y: 66, label: 'int3-gptq' },
      { x: 100, y: 90, label: 'int4-gptq' },
    ];
    expect(touching(points)).to.deep.equal([
      { x: 103, y: 58, label: 'int4: clip, awq; int3-gptq', reach: { x: 9, y: 14 } },
      points[3],
    ]);
  });

  it('keeps 2% apart from nothing where another build is a thousand times worse', () => {
    const { place, ticks } = ratioScale([0.999, 1.015, 900]);
    expect(place(1.02) - place(1)).to.be.above(0.05);
    for (const value of [0.999, 900]) expect(place(value)).to.be.within(0, 1);
    expect(ticks).to.include.members([1, 1.02, 1000]);
  });

  it('shows powers of ten where there are many decades', () => {
    expect(
      logScale([1e-5, 3]).ticks.every((tick) => Number.isInteger(Number(Math.log10(tick).toFixed(9)))),
    ).to.equal(true);
    expect(logScale([1, 8]).ticks).to.deep.equal([1, 2, 5, 10]);
  });
});

describe('figures for people', () => {
  it('keeps the zeros of significant digits, and writes powers of ten as such', () => {
    expect([0.25, 9, 0.0000857, 999.7, 12_345.6, 0].map((value) => digits(value, 3))).to.deep.equal([
      '0.250',
      '9.00',
      '0.0000857',
      '1,000',
      '12,346',
      '0',
    ]);
    expect(digits(4.31e-8, 2)).to.equal('4.3×10⁻⁸');
  });

  it('gives an axis no digits that it does not need', () => {
    expect([0, 1.5, 0.00001, 1_000_000, 1e-7].map(plain)).to.deep.equal([
      '0',
      '1.5',
      '0.00001',
      '1,000,000',
      '1×10⁻⁷',
    ]);
  });
});
