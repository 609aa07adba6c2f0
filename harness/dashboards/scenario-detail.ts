import { by, candidates, NIGHT } from './filters.js';
import { UIDS } from './links.js';
import type { DashboardSpec } from './panel.js';
import { place, type Unplaced } from './place.js';
import { BYTES, EVERY_RUN, FIRST_TOKEN, PREFILL, PSRAM, READS, SEEKS, SPEED } from './scenario-histories.js';
import {
  MEDIAN_CARD,
  MEDIAN_FIRST,
  MEDIAN_PREFILL,
  MEDIAN_PSRAM,
  MEDIAN_SPEED,
  PASSED,
} from './scenario-stats.js';
import { BY_PROMPT, RUN_TABLE } from './scenario-tables.js';
import { STAGE_COLORS } from './stage-colors.js';
import { BOARD, CLOCK, FORMAT, MODEL, SCENARIO, STRATEGY, SUITE, single } from './variables.js';
import { VERDICT_COLORS } from './verdict-colors.js';

const RUNS = candidates('run');

const GENERATIONS = candidates('generation');

const NONE = 'Nothing measured here: widen the time or choose another format';

const STAGES =
  'mean("stage_embed") AS "embedding", mean("stage_attention") AS "attention", mean("stage_mlp") AS "MLP", mean("stage_head") AS "head", mean("stage_sample") AS "sampling"';

const STAGE_HISTORY: Unplaced = {
  id: 11,
  kind: 'timeseries',
  title: 'Where the time of a generation goes, by night',
  description:
    'Time in each stage of a generation, stacked: the mean over the boards and strategies chosen. Choose one strategy to see a stage drift.',
  unit: 'µs',
  min: 0,
  draw: { style: 'bars', stacked: true, fillOpacity: 80 },
  legend: 'list',
  fields: STAGE_COLORS,
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$col',
      text: `SELECT ${STAGES} ${GENERATIONS} ${by(NIGHT)} fill(none)`,
    },
  ],
};

const STAGES_BY_STRATEGY: Unplaced = {
  id: 12,
  kind: 'barchart',
  title: 'Where the time of a generation goes, by strategy',
  description:
    'Time in each stage of a generation, stacked: the mean over the time shown and the boards chosen.',
  unit: 'µs',
  min: 0,
  draw: { style: 'bars', stacked: true },
  legend: 'list',
  xField: 'strategy',
  fields: [{ name: 'Time', hidden: true }, ...STAGE_COLORS],
  noValue: NONE,
  queries: [{ refId: 'A', shape: 'table', text: `SELECT ${STAGES} ${GENERATIONS} ${by('strategy')}` }],
};

const BY_BUILD: Unplaced = {
  id: 17,
  kind: 'barchart',
  title: 'Decode speed, by build',
  description:
    'The median over the runs of each build in the order in which builds first ran. Choose one strategy to compare builds.',
  unit: 'suffix:tok/s',
  decimals: 2,
  min: 0,
  draw: { style: 'bars' },
  legend: 'none',
  xField: 'build',
  groupBy: { by: 'build', medians: ['decode_rate'] },
  fields: [{ name: 'decode_rate (median)', label: 'decode speed' }],
  noValue: NONE,
  queries: [{ refId: 'A', shape: 'table', text: `SELECT "decode_rate", "build" ${RUNS} ORDER BY time ASC` }],
};

export const SCENARIO_DETAIL: DashboardSpec = {
  uid: UIDS.scenario,
  title: 'tokenrack / Scenario detail',
  description:
    'One scenario, one model, one format: how fast, where the time goes, what it reads and holds, and since which build.',
  from: 'now-30d',
  refresh: '5m',
  variables: [CLOCK, SUITE, single(MODEL), single(SCENARIO), single(FORMAT), STRATEGY, BOARD],
  annotations: [
    {
      name: 'Failed runs',
      query: `SELECT "message", "verdict", "build" ${RUNS} AND "passed" = 0`,
      textColumn: 'message',
      tagsColumns: ['verdict', 'build'],
      color: VERDICT_COLORS.product,
    },
  ],
  panels: place([
    {
      height: 4,
      panels: [
        [4, PASSED],
        [4, MEDIAN_SPEED],
        [4, MEDIAN_PREFILL],
        [4, MEDIAN_FIRST],
        [4, MEDIAN_PSRAM],
        [4, MEDIAN_CARD],
      ],
    },
    {
      height: 9,
      panels: [
        [12, EVERY_RUN],
        [12, SPEED],
      ],
    },
    {
      height: 8,
      panels: [
        [12, PREFILL],
        [12, FIRST_TOKEN],
      ],
    },
    {
      height: 9,
      panels: [
        [12, STAGE_HISTORY],
        [12, STAGES_BY_STRATEGY],
      ],
    },
    {
      height: 8,
      panels: [
        [6, PSRAM],
        [6, READS],
        [6, SEEKS],
        [6, BYTES],
      ],
    },
    {
      height: 9,
      panels: [
        [12, BY_BUILD],
        [12, BY_PROMPT],
      ],
    },
    { height: 12, panels: [[24, RUN_TABLE]] },
  ]),
};
