import { by, candidates } from './filters.js';
import { REPORT_COLUMN } from './links.js';
import type { FieldSpec } from './panel.js';
import type { Unplaced } from './place.js';
import { VERDICT_MAPPINGS } from './verdict-colors.js';

const RUNS = candidates('run');

const GENERATIONS = candidates('generation');

export const BY_PROMPT: Unplaced = {
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
  noValue: 'Nothing measured here: widen the time or choose another format',
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

export const RUN_TABLE: Unplaced = {
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
