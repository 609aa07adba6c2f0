import { by, matching, NIGHT } from './filters.js';
import { UIDS } from './links.js';
import type { DashboardSpec, ThresholdStep } from './panel.js';
import { place, type Unplaced } from './place.js';
import { BOARD, CLOCK, SUITE } from './variables.js';
import { VERDICT_COLORS } from './verdict-colors.js';

/** Both arms: a board that fails the reference build fails. */
const CHOSEN = matching('suite', 'board');
const ATTEMPTS = `FROM "board" WHERE ${CHOSEN}`;
const RUNS = `FROM "run" WHERE ${CHOSEN}`;
const LAST_NIGHT = '26h';
const NONE = 'No attempts here: widen the time or choose another clock or suite';

/** A share of attempts that ended in an infra-fail. */
const INFRA_STEPS: readonly ThresholdStep[] = [
  { color: 'green' },
  { from: 0.001, color: 'yellow' },
  { from: 0.2, color: VERDICT_COLORS.infra },
  { from: 0.5, color: 'red' },
];

function stat(id: number, title: string, description: string, unit: string, text: string): Unplaced {
  return {
    id,
    kind: 'stat',
    title,
    description,
    unit,
    timeFrom: LAST_NIGHT,
    noValue: 'no attempts in 26 h',
    queries: [{ refId: 'A', shape: 'time-series', alias: title, text }],
  };
}

const BOARDS = stat(
  1,
  'Boards, last 26 h',
  'Boards with at least one attempt in the last 26 hours.',
  'short',
  `SELECT count("attempts") FROM (SELECT count("infra_failed") AS "attempts" ${ATTEMPTS} GROUP BY "board") WHERE $timeFilter`,
);
const ATTEMPT_COUNT = stat(
  2,
  'Attempts, last 26 h',
  'Attempts of the last 26 hours: a run that ends in an infra-fail may be tried again.',
  'short',
  `SELECT count("infra_failed") ${ATTEMPTS}`,
);
const INFRA_SHARE: Unplaced = {
  ...stat(
    3,
    'Infra-failed, last 26 h',
    'Share of the attempts of the last 26 hours that a board, a link or a card spoiled.',
    'percentunit',
    `SELECT mean("infra_failed") ${ATTEMPTS}`,
  ),
  decimals: 1,
  thresholds: INFRA_STEPS,
};
const TORN: Unplaced = {
  ...stat(
    4,
    'Torn lines, last 26 h',
    'Machine-readable lines that arrived damaged in the last 26 hours: cable, baud rate or power.',
    'short',
    `SELECT sum("uart_torn") ${ATTEMPTS}`,
  ),
  thresholds: [{ color: 'green' }, { from: 1, color: 'yellow' }, { from: 20, color: 'red' }],
};
const REMADE: Unplaced = {
  ...stat(
    5,
    'Remade, last 26 h',
    'Generations made again in the last 26 hours as their record was lost on the wire.',
    'short',
    `SELECT sum("remade") ${ATTEMPTS}`,
  ),
  thresholds: [{ color: 'green' }, { from: 1, color: 'yellow' }, { from: 20, color: 'red' }],
};
const WIRE: Unplaced = {
  ...stat(
    6,
    'Wire efficiency, last 26 h',
    'Share of the wire’s time while provisioning that carried the card’s content.',
    'percentunit',
    `SELECT mean("wire_efficiency") ${ATTEMPTS}`,
  ),
  decimals: 1,
  noValue: 'nothing provisioned in 26 h',
};

const INFRA_BY_NIGHT: Unplaced = {
  id: 7,
  kind: 'status-history',
  title: 'Infra-failed attempts, by board and night',
  description:
    'A square is a night, noon to noon UTC: the share of the board’s attempts that the rack spoiled. Green is none; a hole is a night in which the board did nothing.',
  unit: 'percentunit',
  decimals: 0,
  thresholds: INFRA_STEPS,
  legend: 'list',
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_board',
      text: `SELECT mean("infra_failed") AS "infra_failed" ${ATTEMPTS} ${by(NIGHT, 'board')} fill(none)`,
    },
  ],
};

const BOARD_TABLE: Unplaced = {
  id: 8,
  kind: 'table',
  title: 'Boards, over the time shown',
  description:
    'Every board that did anything in the time shown, the most troubled first. A board far slower to flash or provision than its neighbours has a bad cable, hub or card.',
  unit: 'none',
  fields: [
    { name: 'Time', hidden: true },
    { name: 'board', label: 'Board' },
    { name: 'chip_rev', label: 'Chip revision' },
    { name: 'attempts', label: 'Attempts' },
    {
      name: 'infra',
      label: 'Infra-failed',
      unit: 'percentunit',
      decimals: 1,
      painted: true,
      thresholds: INFRA_STEPS,
    },
    { name: 'flash', label: 'Flash, median', unit: 'ms', decimals: 1 },
    { name: 'provision', label: 'Provision, median', unit: 'ms', decimals: 1 },
    { name: 'load', label: 'Load, median', unit: 'ms', decimals: 1 },
    { name: 'wire', label: 'Wire efficiency', unit: 'percentunit', decimals: 1 },
    { name: 'torn', label: 'Torn lines' },
    { name: 'remade', label: 'Remade' },
  ],
  sortBy: { field: 'Infra-failed', descending: true },
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT count("infra_failed") AS "attempts", mean("infra_failed") AS "infra", median("flash_ms") AS "flash", median("provision_ms") AS "provision", median("load_ms") AS "load", mean("wire_efficiency") AS "wire", sum("uart_torn") AS "torn", sum("remade") AS "remade" ${ATTEMPTS} ${by('board', 'chip_rev')}`,
    },
  ],
};

const FLASH = timing(9, 'Flashing', 'Time to flash a build, what was there already skipped', 'flash_ms');
const PROVISION = timing(10, 'Provisioning', 'Time to put the model on the card', 'provision_ms');
const LOAD = timing(11, 'Loading the model', 'Time from the command to a loaded model', 'load_ms');

function timing(id: number, title: string, what: string, field: string): Unplaced {
  return {
    id,
    kind: 'timeseries',
    title: `${title}, by night`,
    description: `${what}: the night’s median of each board. A board that leaves the others wants a look at its cable, hub or card.`,
    unit: 'ms',
    min: 0,
    draw: { style: 'lines' },
    legend: 'list',
    noValue: NONE,
    queries: [
      {
        refId: 'A',
        shape: 'time-series',
        alias: '$tag_board',
        text: `SELECT median("${field}") AS "${field}" ${ATTEMPTS} ${by(NIGHT, 'board')} fill(none)`,
      },
    ],
  };
}

const INFRA_FAILURES = counted(
  12,
  'Infra failures, by night',
  'Attempts that a board, a link or a card spoiled, by board.',
  'sum("infra_failed")',
);
const UART_ERRORS = counted(
  13,
  'Torn UART lines, by night',
  'Machine-readable lines that arrived damaged, by board.',
  'sum("uart_torn")',
);

function counted(id: number, title: string, description: string, sum: string): Unplaced {
  return {
    id,
    kind: 'timeseries',
    title,
    description,
    unit: 'short',
    min: 0,
    draw: { style: 'bars', stacked: true, fillOpacity: 80 },
    legend: 'list',
    noValue: NONE,
    queries: [
      {
        refId: 'A',
        shape: 'time-series',
        alias: '$tag_board',
        text: `SELECT ${sum} AS "count" ${ATTEMPTS} ${by(NIGHT, 'board')} fill(none)`,
      },
    ],
  };
}

const ATTEMPTS_A_RUN: Unplaced = {
  id: 14,
  kind: 'timeseries',
  title: 'Attempts a run, by night',
  description: 'Mean attempts that a run of each board took. 1 is a rack in order.',
  unit: 'short',
  decimals: 2,
  min: 1,
  draw: { style: 'lines', step: true },
  legend: 'list',
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_board',
      text: `SELECT mean("attempts") AS "attempts" ${RUNS} ${by(NIGHT, 'board')} fill(none)`,
    },
  ],
};

const NEWEST_FAILURES: Unplaced = {
  id: 15,
  kind: 'table',
  title: 'Newest infra failures',
  description:
    'The last 100 attempts that the rack spoiled, with the failure’s code and the run in whose folder the capture lies.',
  unit: 'none',
  fields: [
    { name: 'Time', label: 'Run started', width: 170 },
    { name: 'board', label: 'Board', width: 110 },
    { name: 'failure', label: 'Failure', width: 220 },
    { name: 'scenario', label: 'Scenario' },
    { name: 'attempt', label: 'Attempt', width: 90 },
    { name: 'run_id', label: 'Run' },
  ],
  noValue: 'No infra failure in the time shown',
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT "failure", "board", "scenario", "attempt", "run_id" ${ATTEMPTS} AND "infra_failed" = 1 ORDER BY time DESC LIMIT 100`,
    },
  ],
};

export const RACK_HEALTH: DashboardSpec = {
  uid: UIDS.rack,
  title: 'tokenrack / Rack health',
  description: 'Are all boards there, and is any of them, its cable or its card going bad?',
  from: 'now-30d',
  refresh: '5m',
  variables: [CLOCK, SUITE, BOARD],
  annotations: [],
  panels: place([
    {
      height: 4,
      panels: [
        [4, BOARDS],
        [4, ATTEMPT_COUNT],
        [4, INFRA_SHARE],
        [4, TORN],
        [4, REMADE],
        [4, WIRE],
      ],
    },
    {
      height: 9,
      panels: [
        [12, INFRA_BY_NIGHT],
        [12, BOARD_TABLE],
      ],
    },
    {
      height: 8,
      panels: [
        [8, FLASH],
        [8, PROVISION],
        [8, LOAD],
      ],
    },
    {
      height: 8,
      panels: [
        [8, INFRA_FAILURES],
        [8, UART_ERRORS],
        [8, ATTEMPTS_A_RUN],
      ],
    },
    { height: 9, panels: [[24, NEWEST_FAILURES]] },
  ]),
};
