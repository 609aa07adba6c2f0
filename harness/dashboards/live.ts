import { by, matchOf } from './filters.js';
import { UIDS } from './links.js';
import type { DashboardSpec, ValueMapping, VariableSpec } from './panel.js';
import { place, type Unplaced } from './place.js';

/** `live` has no clock: it is what happens now, and nothing is concluded from it. */
const LIVE = `FROM "live" WHERE $timeFilter AND ${matchOf('board')}`;
const NONE = 'Nothing is running';

const STATE_MAPPINGS: readonly ValueMapping[] = [
  { value: 'flashing', text: 'flashing', color: 'blue' },
  { value: 'booting', text: 'booting', color: 'light-blue' },
  { value: 'provisioning', text: 'provisioning', color: 'yellow' },
  { value: 'loading', text: 'loading', color: 'orange' },
  { value: 'generating', text: 'generating', color: 'green' },
  { value: 'done', text: 'done', color: '#8e8e8e' },
];

const BOARD: VariableSpec = {
  name: 'board',
  label: 'Board',
  description: 'Boards that ever sent their state',
  query: 'SHOW TAG VALUES FROM "live" WITH KEY = "board"',
  multi: true,
};

const NOW: Unplaced = {
  id: 1,
  kind: 'table',
  title: 'Boards now',
  description:
    'What each board was last seen doing in the time shown. A board that is switched off keeps its last state until the time runs out.',
  unit: 'none',
  fields: [
    { name: 'Time', hidden: true },
    { name: 'board', label: 'Board' },
    { name: 'scenario', label: 'Scenario' },
    { name: 'state', label: 'State', painted: true, mappings: STATE_MAPPINGS },
    { name: 'tokens', label: 'Tokens' },
    { name: 'token_rate', label: 'Now', unit: 'suffix:tok/s', decimals: 2 },
  ],
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT last("state") AS "state", last("tokens") AS "tokens", last("token_rate") AS "token_rate" ${LIVE} ${by('board', 'scenario')}`,
    },
  ],
};

const STATES: Unplaced = {
  id: 2,
  kind: 'state-timeline',
  title: 'What the boards do',
  description:
    'State of each board over the time shown, as the run tells it at most once a second. Points may be lost: this feed is never spooled.',
  unit: 'none',
  mappings: STATE_MAPPINGS,
  legend: 'list',
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_board',
      text: `SELECT "state" ${LIVE} ${by('board')}`,
    },
  ],
};

const RATE: Unplaced = {
  id: 3,
  kind: 'timeseries',
  title: 'Tokens a second',
  description:
    'Speed of the generation that goes on, by the board’s own clock. Not a result: warm-ups and all.',
  unit: 'suffix:tok/s',
  decimals: 2,
  min: 0,
  draw: { style: 'lines' },
  legend: 'list',
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_board · $tag_scenario',
      text: `SELECT mean("token_rate") AS "token_rate" ${LIVE} ${by('time($__interval)', 'board', 'scenario')} fill(none)`,
    },
  ],
};

export const LIVE_DASHBOARD: DashboardSpec = {
  uid: UIDS.live,
  title: 'tokenrack / Live',
  description: 'What the boards are doing at this moment.',
  from: 'now-15m',
  refresh: '5s',
  variables: [BOARD],
  annotations: [],
  panels: place([
    {
      height: 9,
      panels: [
        [12, NOW],
        [12, STATES],
      ],
    },
    { height: 10, panels: [[24, RATE]] },
  ]),
};
