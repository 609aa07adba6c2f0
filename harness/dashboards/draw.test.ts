import { expect } from 'chai';
import { SeriesColors } from './draw-colors.js';
import { drawDashboard } from './draw-dashboard.js';
import { type AnswerSeries, seriesOf, tableOf } from './draw-frames.js';
import { linearScale, timeTicks } from './draw-scales.js';
import { formatValue } from './draw-units.js';
import type { DashboardSpec, PanelSpec } from './panel.js';

const day = 86_400_000;

describe('pictures of dashboards', () => {
  it('name series by alias, tags and column, and leave nulls out', () => {
    const query = { refId: 'A', text: '', shape: 'time-series' as const, alias: '$tag_board · $col' };
    const answer: AnswerSeries[] = [
      {
        name: 'run',
        tags: { board: 'cam-1' },
        columns: ['time', 'speed', 'seeks'],
        values: [
          ['1764547200000000000', 1.5, null],
          [0, 2, 3],
        ],
      },
    ];
    expect(seriesOf(query, answer)).to.deep.equal([
      {
        name: 'cam-1 · speed',
        points: [
          { at: 1_764_547_200_000, value: 1.5 },
          { at: 0, value: 2 },
        ],
      },
      { name: 'cam-1 · seeks', points: [{ at: 0, value: 3 }] },
    ]);
    expect(tableOf(answer).columns).to.deep.equal(['Time', 'board', 'speed', 'seeks']);
  });

  it('mark axes with round numbers, of their unit’s kind', () => {
    expect(linearScale(0, 2, [0, 1], 5).ticks).to.deep.equal([0, 0.5, 1, 1.5, 2]);
    expect(linearScale(0, 2, [0, 1], 5, 'whole').ticks).to.deep.equal([0, 1, 2]);
    expect(linearScale(0, 4000, [0, 1], 4, 'binary').ticks).to.deep.equal([0, 1000, 2000, 3000, 4000]);
    expect(linearScale(0, 300_000, [0, 1], 3, 'binary').ticks.map((tick) => tick / 1024)).to.deep.equal([
      0, 100, 200, 300,
    ]);
    expect(linearScale(6.4, 12.5, [100, 0], 4).at(6)).to.equal(100);
    expect(timeTicks(0, 3 * day, 4).map(({ text }) => text)).to.deep.equal([
      '01 Jan',
      '02 Jan',
      '03 Jan',
      '04 Jan',
    ]);
  });

  it('write values with the units of Grafana', () => {
    expect(formatValue(7160, 'µs', 2)).to.equal('7.16 ms');
    expect(formatValue(2360, 'ms')).to.equal('2.36 s');
    expect(formatValue(133_440, 'bytes', 2)).to.equal('130.31 KiB');
    expect(formatValue(0.969, 'percentunit', 1)).to.equal('96.9%');
    expect(formatValue(-0.0001, 'percentunit', 1)).to.equal('0.0%');
    expect(formatValue(0.0136, 'sci', 2)).to.equal('1.36e-2');
    expect(formatValue(12.345, 'suffix:tok/s', 2)).to.equal('12.35 tok/s');
    expect(() => formatValue(1, 'furlongs')).to.throw('furlongs');
  });

  it('keep a series’ colour from panel to panel, and never give one twice in a panel', () => {
    const colors = new SeriesColors();
    const first = colors.forPanel();
    const [one, two] = ['cam-1', 'cam-2'].map(first);
    const second = colors.forPanel();
    expect(second('cam-2')).to.equal(two);
    expect(second('cam-3')).to.equal(one);
    expect(second('cam-1')).not.to.be.oneOf([one, two]);
  });

  it('say that they are not Grafana, and let no text of the data out of its place', () => {
    const panel: PanelSpec = {
      id: 1,
      kind: 'table',
      title: 'Runs & <script>',
      description: '',
      unit: 'none',
      queries: [{ refId: 'A', text: '', shape: 'table' }],
      grid: { x: 0, y: 0, w: 24, h: 8 },
      noValue: 'none',
    };
    const dashboard: DashboardSpec = {
      uid: 'test',
      title: 'A test',
      description: '',
      from: 'now-1d',
      refresh: '',
      variables: [],
      annotations: [],
      panels: [panel],
    };
    const answer: AnswerSeries = {
      name: 'run',
      columns: ['time', 'message'],
      values: [[0, '</text><b a="1">&']],
    };
    const svg = drawDashboard(dashboard, {
      span: { from: 0, to: day },
      choices: [],
      answers: new Map([[1, [[answer]]]]),
      marks: [],
      panelSpans: new Map(),
      provenance: 'Clock: modelled.',
    });
    expect(svg).to.contain('This is not Grafana').and.to.contain('Clock: modelled.');
    expect(svg).to.contain('&lt;/text&gt;&lt;b a=&quot;1&quot;&gt;&amp;').and.not.to.contain('<b');
    expect(svg).to.contain('Runs &amp; &lt;script&gt;');
  });
});
