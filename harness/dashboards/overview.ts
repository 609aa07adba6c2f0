import { by, candidates, NIGHT } from './filters.js';
import { SERIES_TO_SCENARIO, UIDS } from './links.js';
import {
  BOARD_COUNT,
  EQUAL_TOKENS,
  INFRA_FAILURES,
  PASS_RATE,
  PRODUCT_FAILURES,
  RUN_COUNT,
} from './overview-stats.js';
import { NEWEST, SPEED_CHANGE } from './overview-tables.js';
import type { DashboardSpec } from './panel.js';
import { place, type Unplaced } from './place.js';
import { BOARD, CLOCK, FORMAT, MODEL, SCENARIO, STRATEGY, SUITE } from './variables.js';
import { VERDICT_COLORS, WORST_VERDICT, WORST_VERDICT_MAPPINGS } from './verdict-colors.js';

const RUNS = candidates('run');

const VERDICTS: Unplaced = {
  id: 7,
  kind: 'status-history',
  title: 'Worst verdict of each night, by board and scenario',
  description:
    'A square is a night, noon to noon UTC: the worst verdict of that board’s runs of that scenario. Red is the build, orange the rack, purple anything else (inconclusive too). A hole is a night without a run. A click leads to the scenario.',
  unit: 'none',
  mappings: WORST_VERDICT_MAPPINGS,
  legend: 'list',
  links: [SERIES_TO_SCENARIO],
  noValue: 'No runs here: widen the time or choose another clock or suite',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_board · $tag_scenario',
      text: `SELECT ${WORST_VERDICT} ${RUNS} ${by(NIGHT, 'board', 'scenario')} fill(none)`,
    },
  ],
};

const FAILURES: Unplaced = {
  id: 8,
  kind: 'timeseries',
  title: 'Failed runs of each night, by class',
  description:
    'How many runs did not pass, and whose fault it was: the build’s, the rack’s, or another’s (configuration, harness, inconclusive).',
  unit: 'short',
  decimals: 0,
  min: 0,
  draw: { style: 'bars', stacked: true, fillOpacity: 80 },
  legend: 'list',
  fields: [
    { name: 'product', color: VERDICT_COLORS.product },
    { name: 'infra', color: VERDICT_COLORS.infra },
    { name: 'other', label: 'other and inconclusive', color: VERDICT_COLORS.other },
  ],
  noValue: 'No runs here: widen the time or choose another clock or suite',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$col',
      text: `SELECT sum("failed_product") AS "product", sum("failed_infra") AS "infra", sum("failed_other") AS "other" ${RUNS} ${by(NIGHT)} fill(none)`,
    },
  ],
};

const PASS_HISTORY: Unplaced = {
  id: 9,
  kind: 'timeseries',
  title: 'Passed, by night and scenario',
  description: 'Share of a night’s runs that passed, one line a scenario.',
  unit: 'percentunit',
  max: 1,
  draw: { style: 'lines', step: true },
  legend: 'table',
  noValue: 'No runs here: widen the time or choose another clock or suite',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_scenario',
      text: `SELECT mean("passed") AS "passed" ${RUNS} ${by(NIGHT, 'scenario')} fill(none)`,
    },
  ],
};

const SPEED: Unplaced = {
  id: 10,
  kind: 'timeseries',
  title: 'Decode speed, by night',
  description:
    'Tokens a second while generating: the median over the night’s boards and runs of each model, scenario, format and strategy.',
  unit: 'suffix:tok/s',
  decimals: 2,
  draw: { style: 'lines' },
  legend: 'table',
  noValue: 'No speeds here: widen the time or choose another clock or suite',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_model · $tag_scenario · $tag_format · $tag_strategy',
      text: `SELECT median("decode_rate") AS "decode_rate" ${RUNS} ${by(NIGHT, 'model', 'scenario', 'format', 'strategy')} fill(none)`,
    },
  ],
};

export const OVERVIEW: DashboardSpec = {
  uid: UIDS.overview,
  title: 'tokenrack / Overview',
  description:
    'Did the night go well, is anything slower than in the last weeks, and whose fault were the failures?',
  from: 'now-30d',
  refresh: '5m',
  variables: [CLOCK, SUITE, MODEL, SCENARIO, FORMAT, STRATEGY, BOARD],
  annotations: [],
  panels: place([
    {
      height: 4,
      panels: [
        [4, PASS_RATE],
        [4, PRODUCT_FAILURES],
        [4, INFRA_FAILURES],
        [4, EQUAL_TOKENS],
        [4, RUN_COUNT],
        [4, BOARD_COUNT],
      ],
    },
    { height: 10, panels: [[24, VERDICTS]] },
    {
      height: 8,
      panels: [
        [12, FAILURES],
        [12, PASS_HISTORY],
      ],
    },
    {
      height: 10,
      panels: [
        [12, SPEED],
        [12, SPEED_CHANGE],
      ],
    },
    { height: 12, panels: [[24, NEWEST]] },
  ]),
};
