import { by, candidates, NIGHT } from './filters.js';
import { REPORT } from './links.js';
import type { Unplaced } from './place.js';

const RUNS = candidates('run');

const SERIES_NAME = '$tag_board · $tag_strategy';

const NONE = 'Nothing measured here: widen the time or choose another format';

export const EVERY_RUN: Unplaced = {
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

export const SPEED = history(
  8,
  'Decode speed, by night',
  'Tokens a second while generating: the night’s median, by board and strategy.',
  'decode_rate',
  'suffix:tok/s',
);

export const PREFILL = history(
  9,
  'Prefill speed, by night',
  'Tokens a second while reading the prompt: the night’s median, by board and strategy.',
  'prefill_rate',
  'suffix:tok/s',
);

export const FIRST_TOKEN = history(
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

export const PSRAM = exact(
  13,
  'Peak PSRAM',
  'The largest use of PSRAM by any prompt.',
  'psram_peak',
  'bytes',
);

export const READS = exact(
  14,
  'SD reads a token',
  'Read commands to the card for a token, the largest over the prompts.',
  'sd_reads_per_token',
  'short',
);

export const SEEKS = exact(
  15,
  'SD seeks a token',
  'Reads that did not begin where the one before ended, the largest over the prompts.',
  'sd_seeks_per_token',
  'short',
);

export const BYTES = exact(
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
        text: `SELECT "${field}" ${RUNS} ${by('board', 'strategy')}`,
      },
    ],
  };
}
