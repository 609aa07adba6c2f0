import { by, candidates } from './filters.js';
import { REPORT_COLUMN, ROW_TO_SCENARIO } from './links.js';
import type { Unplaced } from './place.js';
import { VERDICT_MAPPINGS } from './verdict-colors.js';

const RUNS = candidates('run');

export const SPEED_CHANGE: Unplaced = {
  id: 11,
  kind: 'table',
  title: 'Newest speed against the median of the time shown',
  description:
    'Decode speed of the newest run of each board, model, scenario, format and strategy, against the median of all its runs in the time range above. Slowest first. Nothing here is a verdict: the gate compares with a reference build of the same night.',
  unit: 'suffix:tok/s',
  decimals: 3,
  fields: [
    { name: 'Time', hidden: true },
    { name: 'board', label: 'Board' },
    { name: 'model', label: 'Model' },
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
      text: `SELECT last("decode_rate") AS "newest", median("decode_rate") AS "median", last("decode_rate") / median("decode_rate") - 1 AS "change" ${RUNS} ${by('board', 'model', 'scenario', 'format', 'strategy')}`,
    },
  ],
};

export const NEWEST: Unplaced = {
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
