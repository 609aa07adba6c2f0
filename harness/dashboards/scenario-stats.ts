import { candidates } from './filters.js';
import type { Unplaced } from './place.js';
import { PASS_RATE_STEPS } from './verdict-colors.js';

const RUNS = candidates('run');

export const PASSED: Unplaced = {
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

export const MEDIAN_SPEED = medianStat(
  2,
  'Decode',
  'Median tokens a second while generating, of all runs in the time shown.',
  'decode_rate',
  'suffix:tok/s',
);

export const MEDIAN_PREFILL = medianStat(
  3,
  'Prefill',
  'Median tokens a second while reading the prompt, of all runs in the time shown.',
  'prefill_rate',
  'suffix:tok/s',
);

export const MEDIAN_FIRST = medianStat(
  4,
  'Time to first token',
  'Median time from the prompt’s arrival to the first token, of all runs in the time shown.',
  'time_to_first_token',
  'µs',
);

export const MEDIAN_PSRAM = medianStat(
  5,
  'Peak PSRAM',
  'Median of the peak use of PSRAM, of all runs in the time shown. An ESP32-CAM maps 4 MiB.',
  'psram_peak',
  'bytes',
);

export const MEDIAN_CARD = medianStat(
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
