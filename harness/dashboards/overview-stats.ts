import { candidates } from './filters.js';
import type { Unplaced } from './place.js';
import { anyIs, PASS_RATE_STEPS, VERDICT_COLORS } from './verdict-colors.js';

const RUNS = candidates('run');

/** What a stat of the last night looks back on: a day and the two hours that a night may come late. */
const LAST_NIGHT = '26h';

export const PASS_RATE: Unplaced = {
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

export const RUN_COUNT: Unplaced = {
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

export const PRODUCT_FAILURES: Unplaced = {
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

export const INFRA_FAILURES: Unplaced = {
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

export const EQUAL_TOKENS: Unplaced = {
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

export const BOARD_COUNT: Unplaced = {
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
