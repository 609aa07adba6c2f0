import { by, candidatesMatching, NIGHT } from './filters.js';
import { REPORT, REPORT_COLUMN, UIDS } from './links.js';
import type { DashboardSpec, FieldSpec } from './panel.js';
import { place, type Unplaced } from './place.js';
import { STAGE_COLORS } from './stage-colors.js';
import { BOARD, CLOCK, FORMAT, MODEL, SCENARIO, STRATEGY, SUITE, single } from './variables.js';
import { PASS_RATE_STEPS, VERDICT_COLORS, VERDICT_MAPPINGS } from './verdict-colors.js';

const CHOSEN = candidatesMatching('suite', 'model', 'scenario', 'format', 'strategy', 'board');
const RUNS = `FROM "run" WHERE ${CHOSEN}`;
const GENERATIONS = `FROM "generation" WHERE ${CHOSEN}`;
const SERIES = by('board', 'strategy');
const SERIES_NAME = '$tag_board · $tag_strategy';
const NONE = 'Nothing measured here: widen the time or choose another format';

const PASSED: Unplaced = {
  id: 1,
  kind: 'stat',
  title: 'Passed',
  description: 'Share of the runs in the time shown that passed.',
  unit: 'percentunit',
  decimals: 1,
  thresholds: PASS_RATE_STEPS,
  noValue: 'no runs',
  queries: [{ refId: 'A', shape: 'time-series', alias: 'passed', text: `SELECT mean("passed") ${RUNS}` }],
};

const MEDIAN_SPEED = medianStat(
  2,
  'Decode',
  'Median tokens a second while generating, of all runs in the time shown.',
  'decode_rate',
  'suffix:tok/s',
);
const MEDIAN_PREFILL = medianStat(
  3,
  'Prefill',
  'Median tokens a second while reading the prompt, of all runs in the time shown.',
  'prefill_rate',
  'suffix:tok/s',
);
const MEDIAN_FIRST = medianStat(
  4,
  'Time to first token',
  'Median time from the prompt’s arrival to the first token, of all runs in the time shown.',
  'time_to_first_token',
  'µs',
);
const MEDIAN_PSRAM = medianStat(
  5,
  'Peak PSRAM',
  'Median of the peak use of PSRAM, of all runs in the time shown. An ESP32-CAM maps 4 MiB.',
  'psram_peak',
  'bytes',
);
const MEDIAN_CARD = medianStat(
  6,
  'SD bytes a token',
  'Median of the bytes read from the card for a token, of all runs in the time shown.',
  'sd_bytes_per_token',
  'bytes',
);

function medianStat(id: number, title: string, description: string, field: string, unit: string): Unplaced {
  return {
    id,
    kind: 'stat',
    title,
    description,
    unit,
    decimals: 2,
    noValue: 'not measured',
    queries: [{ refId: 'A', shape: 'time-series', alias: field, text: `SELECT median("${field}") ${RUNS}` }],
  };
}

const EVERY_RUN: Unplaced = {
  id: 7,
  kind: 'timeseries',
  title: 'Every run: click a point for its report',
  description:
    'Decode speed of each run of the boards and strategies chosen. A click on a point opens the run’s own report; the mark on the time axis is a run that failed.',
  unit: 'suffix:tok/s',
  decimals: 3,
  draw: { style: 'points' },
  legend: 'none',
  fields: [{ name: 'decode_rate', label: 'decode speed', link: REPORT }],
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT "decode_rate", "build", "board", "strategy", "verdict", "report" ${RUNS} ORDER BY time ASC`,
    },
  ],
};

const SPEED = history(
  8,
  'Decode speed, by night',
  'Tokens a second while generating: the night’s median, by board and strategy.',
  'decode_rate',
  'suffix:tok/s',
);
const PREFILL = history(
  9,
  'Prefill speed, by night',
  'Tokens a second while reading the prompt: the night’s median, by board and strategy.',
  'prefill_rate',
  'suffix:tok/s',
);
const FIRST_TOKEN = history(
  10,
  'Time to first token, by night',
  'From the prompt’s arrival to the first token: the night’s median, by board and strategy.',
  'time_to_first_token',
  'µs',
);

function history(id: number, title: string, description: string, field: string, unit: string): Unplaced {
  return {
    id,
    kind: 'timeseries',
    title,
    description,
    unit,
    draw: { style: 'lines' },
    legend: 'list',
    noValue: NONE,
    queries: [
      {
        refId: 'A',
        shape: 'time-series',
        alias: SERIES_NAME,
        text: `SELECT median("${field}") AS "${field}" ${RUNS} ${by(NIGHT, 'board', 'strategy')} fill(none)`,
      },
    ],
  };
}

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

const PSRAM = exact(13, 'Peak PSRAM', 'The largest use of PSRAM by any prompt.', 'psram_peak', 'bytes');
const READS = exact(
  14,
  'SD reads a token',
  'Read commands to the card for a token, the largest over the prompts.',
  'sd_reads_per_token',
  'short',
);
const SEEKS = exact(
  15,
  'SD seeks a token',
  'Reads that did not begin where the one before ended, the largest over the prompts.',
  'sd_seeks_per_token',
  'short',
);
const BYTES = exact(
  16,
  'SD bytes a token',
  'Bytes read from the card for a token, the largest over the prompts.',
  'sd_bytes_per_token',
  'bytes',
);

/** Exact counts are the same in every repeat: each run's own value, and a step where it changed. */
function exact(id: number, title: string, description: string, field: string, unit: string): Unplaced {
  return {
    id,
    kind: 'timeseries',
    title,
    description: `${description} An exact count: a step is a change of the build or the model, never noise.`,
    unit,
    draw: { style: 'lines', step: true },
    legend: 'list',
    noValue: NONE,
    queries: [
      {
        refId: 'A',
        shape: 'time-series',
        alias: SERIES_NAME,
        text: `SELECT "${field}" ${RUNS} ${SERIES}`,
      },
    ],
  };
}

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

const BY_PROMPT: Unplaced = {
  id: 18,
  kind: 'table',
  title: 'By prompt',
  description:
    'Medians over all repeats in the time shown. Equal: share of the generations whose tokens are all the reference’s.',
  unit: 'none',
  fields: [
    { name: 'Time', hidden: true },
    { name: 'prompt', label: 'Prompt' },
    { name: 'strategy', label: 'Strategy', width: 110 },
    { name: 'generations', label: 'Generations', width: 110 },
    { name: 'decode', label: 'Decode', unit: 'suffix:tok/s', decimals: 3, width: 120 },
    { name: 'first_token', label: 'First token', unit: 'µs', decimals: 1, width: 110 },
    {
      name: 'equal',
      label: 'Equal',
      unit: 'percentunit',
      decimals: 1,
      width: 90,
      painted: true,
      thresholds: [{ color: 'red' }, { from: 1, color: 'green' }],
    },
  ],
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT count("decode_rate") AS "generations", median("decode_rate") AS "decode", median("time_to_first_token") AS "first_token", mean("tokens_equal") AS "equal" ${GENERATIONS} ${by('prompt', 'strategy')}`,
    },
  ],
};

const measured = (name: string, label: string, unit: string, decimals: number): FieldSpec => ({
  name,
  label,
  unit,
  decimals,
  width: 110,
});

const RUN_TABLE: Unplaced = {
  id: 19,
  kind: 'table',
  title: 'Runs',
  description: 'The last 200 runs of the choice above, newest first. Report opens what the run itself says.',
  unit: 'none',
  fields: [
    { name: 'Time', label: 'Started', width: 170 },
    { name: 'verdict', label: 'Verdict', painted: true, mappings: VERDICT_MAPPINGS, width: 120 },
    { name: 'board', label: 'Board', width: 100 },
    { name: 'strategy', label: 'Strategy', width: 110 },
    { name: 'build', label: 'Build', width: 120 },
    measured('decode_rate', 'Decode', 'suffix:tok/s', 3),
    measured('prefill_rate', 'Prefill', 'suffix:tok/s', 3),
    measured('time_to_first_token', 'First token', 'µs', 1),
    measured('psram_peak', 'Peak PSRAM', 'bytes', 2),
    measured('sd_seeks_per_token', 'Seeks a token', 'short', 1),
    { name: 'message', label: 'First failure' },
    REPORT_COLUMN,
  ],
  noValue: 'No runs here: widen the time or choose another format',
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT "verdict", "board", "strategy", "build", "decode_rate", "prefill_rate", "time_to_first_token", "psram_peak", "sd_seeks_per_token", "message", "report" ${RUNS} ORDER BY time DESC LIMIT 200`,
    },
  ],
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
