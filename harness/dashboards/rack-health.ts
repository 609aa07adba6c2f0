import { by, NIGHT } from './filters.js';
import { UIDS } from './links.js';
import type { DashboardSpec } from './panel.js';
import { place, type Unplaced } from './place.js';
import { ATTEMPTS, INFRA_STEPS, RACK_RUNS } from './rack-measures.js';
import { ATTEMPT_COUNT, BOARDS, INFRA_SHARE, REMADE, TORN, WIRE } from './rack-stats.js';
import { BOARD_TABLE, NEWEST_FAILURES } from './rack-tables.js';
import { BOARD, CLOCK, SUITE } from './variables.js';

const NONE = 'No attempts here: widen the time or choose another clock or suite';

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
      text: `SELECT mean("attempts") AS "attempts" ${RACK_RUNS} ${by(NIGHT, 'board')} fill(none)`,
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
