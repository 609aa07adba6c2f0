import { by, candidatesMatching, NIGHT } from './filters.js';
import { REPORT_COLUMN, ROW_TO_SCENARIO, SERIES_TO_SCENARIO, UIDS } from './links.js';
import type { DashboardSpec } from './panel.js';
import { place, type Unplaced } from './place.js';
import { BOARD, CLOCK, FORMAT, MODEL, SCENARIO, STRATEGY, SUITE } from './variables.js';
import {
  anyIs,
  PASS_RATE_STEPS,
  VERDICT_COLORS,
  VERDICT_MAPPINGS,
  WORST_VERDICT,
  WORST_VERDICT_MAPPINGS,
} from './verdict-colors.js';

const RUNS = `FROM "run" WHERE ${candidatesMatching('suite', 'model', 'scenario', 'format', 'strategy', 'board')}`;

/** What a stat of the last night looks back on: a day and the two hours that a night may come late. */
const LAST_NIGHT = '26h';

const PASS_RATE: Unplaced = {
  id: 1,
  kind: 'stat',
  title: 'Passed, last 26 h',
  description:
    'Share of the runs of the last 26 hours that passed. A run that was inconclusive did not pass.',
  unit: 'percentunit',
  decimals: 1,
  timeFrom: LAST_NIGHT,
  thresholds: PASS_RATE_STEPS,
  noValue: 'no runs in 26 h',
  queries: [{ refId: 'A', shape: 'time-series', alias: 'passed', text: `SELECT mean("passed") ${RUNS}` }],
};

const RUN_COUNT: Unplaced = {
  id: 2,
  kind: 'stat',
  title: 'Runs, last 26 h',
  description:
    'Runs of the last 26 hours, each board of a run counted once. Far fewer than usual: look at Rack health.',
  unit: 'short',
  timeFrom: LAST_NIGHT,
  noValue: 'no runs in 26 h',
  queries: [{ refId: 'A', shape: 'time-series', alias: 'runs', text: `SELECT count("passed") ${RUNS}` }],
};

const PRODUCT_FAILURES: Unplaced = {
  id: 3,
  kind: 'stat',
  title: 'Product failures, last 26 h',
  description:
    'Runs of the last 26 hours that failed by the build under test. The newest runs below say why.',
  unit: 'short',
  timeFrom: LAST_NIGHT,
  thresholds: anyIs(VERDICT_COLORS.product),
  noValue: 'no runs in 26 h',
  queries: [
    { refId: 'A', shape: 'time-series', alias: 'failures', text: `SELECT sum("failed_product") ${RUNS}` },
  ],
};

const INFRA_FAILURES: Unplaced = {
  id: 4,
  kind: 'stat',
  title: 'Infra failures, last 26 h',
  description:
    'Runs of the last 26 hours that failed by a board, a link or a card: the rack, not the build. See Rack health.',
  unit: 'short',
  timeFrom: LAST_NIGHT,
  thresholds: anyIs(VERDICT_COLORS.infra),
  noValue: 'no runs in 26 h',
  queries: [
    { refId: 'A', shape: 'time-series', alias: 'failures', text: `SELECT sum("failed_infra") ${RUNS}` },
  ],
};

const EQUAL_TOKENS: Unplaced = {
  id: 5,
  kind: 'stat',
  title: 'Equal tokens, last 26 h',
  description:
    'Tokens that boards chose as the host’s reference did, of all that were compared. Anything under 100% deserves a look.',
  unit: 'percentunit',
  decimals: 2,
  timeFrom: LAST_NIGHT,
  thresholds: [{ color: 'red' }, { from: 1, color: 'green' }],
  noValue: 'nothing compared in 26 h',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: 'equal',
      text: `SELECT sum("tokens_equal") / sum("tokens_total") ${RUNS}`,
    },
  ],
};

const BOARD_COUNT: Unplaced = {
  id: 6,
  kind: 'stat',
  title: 'Boards, last 26 h',
  description: 'Boards with at least one run in the last 26 hours.',
  unit: 'short',
  timeFrom: LAST_NIGHT,
  noValue: 'no board in 26 h',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: 'boards',
      text: `SELECT count("runs") FROM (SELECT count("passed") AS "runs" ${RUNS} GROUP BY "board") WHERE $timeFilter`,
    },
  ],
};

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
    'Tokens a second while generating: the median over the night’s boards and runs of each scenario, format and strategy.',
  unit: 'suffix:tok/s',
  decimals: 2,
  draw: { style: 'lines' },
  legend: 'table',
  noValue: 'No speeds here: widen the time or choose another clock or suite',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_scenario · $tag_format · $tag_strategy',
      text: `SELECT median("decode_rate") AS "decode_rate" ${RUNS} ${by(NIGHT, 'scenario', 'format', 'strategy')} fill(none)`,
    },
  ],
};

const SPEED_CHANGE: Unplaced = {
  id: 11,
  kind: 'table',
  title: 'Newest speed against the median of the time shown',
  description:
    'Decode speed of the newest run of each board, scenario, format and strategy, against the median of all its runs in the time range above. Slowest first. Nothing here is a verdict: the gate compares with a reference build of the same night.',
  unit: 'suffix:tok/s',
  decimals: 3,
  fields: [
    { name: 'Time', hidden: true },
    { name: 'board', label: 'Board' },
    { name: 'scenario', label: 'Scenario', link: ROW_TO_SCENARIO },
    { name: 'format', label: 'Format' },
    { name: 'strategy', label: 'Strategy' },
    { name: 'newest', label: 'Newest' },
    { name: 'median', label: 'Median' },
    {
      name: 'change',
      label: 'Change',
      unit: 'percentunit',
      decimals: 1,
      painted: true,
      thresholds: [
        { color: 'red' },
        { from: -0.05, color: 'orange' },
        { from: -0.01, color: 'transparent' },
        { from: 0.01, color: 'green' },
      ],
    },
  ],
  sortBy: { field: 'Change', descending: false },
  noValue: 'No speeds here: widen the time or choose another clock or suite',
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT last("decode_rate") AS "newest", median("decode_rate") AS "median", last("decode_rate") / median("decode_rate") - 1 AS "change" ${RUNS} ${by('board', 'scenario', 'format', 'strategy')}`,
    },
  ],
};

const NEWEST: Unplaced = {
  id: 12,
  kind: 'table',
  title: 'Newest runs',
  description: 'The last 100 runs. Scenario leads to its history, Report to what the run itself says.',
  unit: 'none',
  fields: [
    { name: 'Time', label: 'Started', width: 170 },
    { name: 'verdict', label: 'Verdict', painted: true, mappings: VERDICT_MAPPINGS, width: 120 },
    { name: 'board', label: 'Board', width: 110 },
    { name: 'scenario', label: 'Scenario', link: ROW_TO_SCENARIO },
    { name: 'format', label: 'Format', width: 90 },
    { name: 'strategy', label: 'Strategy', width: 110 },
    { name: 'build', label: 'Build', width: 120 },
    { name: 'decode_rate', label: 'Decode', unit: 'suffix:tok/s', decimals: 3, width: 120 },
    { name: 'attempts', label: 'Attempts', unit: 'none', width: 90 },
    { name: 'message', label: 'First failure' },
    REPORT_COLUMN,
  ],
  noValue: 'No runs here: widen the time or choose another clock or suite',
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT "verdict", "board", "scenario", "format", "strategy", "build", "decode_rate", "attempts", "message", "report" ${RUNS} ORDER BY time DESC LIMIT 100`,
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
