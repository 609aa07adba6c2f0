import { by, candidates, NIGHT } from './filters.js';
import { GLANCE, QUALITY_AGAINST_SIZE, QUALITY_AGAINST_SPEED } from './formats-tradeoff.js';
import { UIDS } from './links.js';
import type { DashboardSpec } from './panel.js';
import { place, type Unplaced } from './place.js';
import { BOARD, CLOCK, FORMAT, MODEL, SCENARIO, STRATEGY, SUITE } from './variables.js';

const RUNS = candidates('run');
const QUALITY = candidates('quality');
const NONE = 'No format was compared with float32 here: widen the time or choose another model';

const SPEED_RANKING: Unplaced = {
  id: 2,
  kind: 'bargauge',
  title: 'Decode speed, by format and strategy',
  description:
    'Median over the runs in the time shown, float32 included. Choose one model and scenario for a fair comparison.',
  unit: 'suffix:tok/s',
  decimals: 2,
  min: 0,
  reduce: 'lastNotNull',
  noValue: 'No speeds here: widen the time or choose another model',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_format · $tag_strategy',
      text: `SELECT median("decode_rate") AS "decode_rate" ${RUNS} ${by('format', 'strategy')}`,
    },
  ],
};

const SIZE_RANKING: Unplaced = {
  id: 3,
  kind: 'bargauge',
  title: 'Size on the card, by model and format',
  description: 'Bytes of the model’s folder on the card, of the newest run.',
  unit: 'bytes',
  decimals: 2,
  min: 0,
  reduce: 'lastNotNull',
  noValue: 'No sizes here: widen the time or choose another model',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_model · $tag_format',
      text: `SELECT last("card_bytes") AS "card_bytes" ${RUNS} ${by('model', 'format')}`,
    },
  ],
};

const KL_HISTORY = history(
  6,
  'Mean KL divergence from float32',
  'Of the format’s distribution of the next token from float32’s. 0 is float32 itself. Exact: it changes with the build, the model or the text, never by noise.',
  'kl_mean',
  'sci',
);
const TOP1_HISTORY = history(
  7,
  'Top-1 agreement with float32',
  'Share of the positions at which the format’s likeliest token is float32’s.',
  'top1',
  'percentunit',
);
const PERPLEXITY_HISTORY: Unplaced = {
  ...history(
    8,
    'Perplexity against float32',
    'The format’s perplexity divided by float32’s on the same text. A quantized model is accepted below 1.02, where the red begins.',
    'perplexity_ratio',
    'none',
  ),
  decimals: 4,
  thresholds: [{ color: 'transparent' }, { from: 1.02, color: 'red' }],
};
const SPEED_HISTORY: Unplaced = {
  id: 9,
  kind: 'timeseries',
  title: 'Decode speed, by format and strategy',
  description: 'The night’s median over the models, scenarios and boards chosen, float32 included.',
  unit: 'suffix:tok/s',
  decimals: 2,
  draw: { style: 'lines' },
  legend: 'table',
  noValue: 'No speeds here: widen the time or choose another model',
  queries: [
    {
      refId: 'A',
      shape: 'time-series',
      alias: '$tag_format · $tag_strategy',
      text: `SELECT median("decode_rate") AS "decode_rate" ${RUNS} ${by(NIGHT, 'format', 'strategy')} fill(none)`,
    },
  ],
};

function history(id: number, title: string, description: string, field: string, unit: string): Unplaced {
  return {
    id,
    kind: 'timeseries',
    title,
    description,
    unit,
    draw: { style: 'lines', step: true },
    legend: 'list',
    noValue: NONE,
    queries: [
      {
        refId: 'A',
        shape: 'time-series',
        alias: '$tag_model · $tag_format',
        text: `SELECT median("${field}") AS "${field}" ${QUALITY} ${by(NIGHT, 'model', 'format')} fill(none)`,
      },
    ],
  };
}

export const FORMATS_AND_QUALITY: DashboardSpec = {
  uid: UIDS.formats,
  title: 'tokenrack / Formats and quality',
  description: 'What a weight format costs in quality, and what it gains in speed and size.',
  from: 'now-30d',
  refresh: '5m',
  variables: [CLOCK, SUITE, MODEL, SCENARIO, FORMAT, STRATEGY, BOARD],
  annotations: [],
  panels: place([
    { height: 9, panels: [[24, GLANCE]] },
    {
      height: 10,
      panels: [
        [12, QUALITY_AGAINST_SIZE],
        [12, QUALITY_AGAINST_SPEED],
      ],
    },
    {
      height: 9,
      panels: [
        [12, SPEED_RANKING],
        [12, SIZE_RANKING],
      ],
    },
    {
      height: 8,
      panels: [
        [8, KL_HISTORY],
        [8, TOP1_HISTORY],
        [8, PERPLEXITY_HISTORY],
      ],
    },
    { height: 9, panels: [[24, SPEED_HISTORY]] },
  ]),
};
