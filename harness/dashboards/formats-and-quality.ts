import { by, candidatesMatching, NIGHT } from './filters.js';
import { UIDS } from './links.js';
import type { DashboardSpec, ThresholdStep } from './panel.js';
import { place, type Unplaced } from './place.js';
import { BOARD, CLOCK, FORMAT, MODEL, SCENARIO, STRATEGY, SUITE } from './variables.js';

const CHOSEN = candidatesMatching('suite', 'model', 'scenario', 'format', 'strategy', 'board');
const RUNS = `FROM "run" WHERE ${CHOSEN}`;
const QUALITY = `FROM "quality" WHERE ${CHOSEN}`;
const NONE = 'No format was compared with float32 here: widen the time or choose another model';

/** A quantized model is accepted with a perplexity up by less than 2%. */
const PERPLEXITY_STEPS: readonly ThresholdStep[] = [
  { color: 'green' },
  { from: 1.01, color: 'orange' },
  { from: 1.02, color: 'red' },
];

const GLANCE: Unplaced = {
  id: 1,
  kind: 'table',
  title: 'Formats at a glance',
  description:
    'The newest comparison of each format with float32, and the median decode speed. Perplexity turns red at 1.02, where a quantized model is no longer accepted; a negative KL divergence would be a bug.',
  unit: 'none',
  fields: [
    { name: 'Time', hidden: true },
    { name: 'model', label: 'Model' },
    { name: 'format', label: 'Format' },
    { name: 'strategy', label: 'Strategy' },
    {
      name: 'perplexity',
      label: 'Perplexity ratio',
      decimals: 4,
      painted: true,
      thresholds: PERPLEXITY_STEPS,
    },
    { name: 'kl', label: 'Mean KL', unit: 'sci', decimals: 2 },
    { name: 'kl_p99', label: 'KL, 99th percentile', unit: 'sci', decimals: 2 },
    { name: 'top1', label: 'Top-1 agreement', unit: 'percentunit', decimals: 2 },
    { name: 'max_delta', label: 'Max |Δ logit|', decimals: 4 },
    { name: 'positions', label: 'Positions' },
    { name: 'size', label: 'Size on the card', unit: 'bytes', decimals: 2 },
    { name: 'decode', label: 'Decode', unit: 'suffix:tok/s', decimals: 3 },
  ],
  sortBy: { field: 'Perplexity ratio', descending: false },
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT last("perplexity_ratio") AS "perplexity", last("kl_mean") AS "kl", last("kl_p99") AS "kl_p99", last("top1") AS "top1", last("max_abs_delta") AS "max_delta", last("positions") AS "positions", last("card_bytes") AS "size", median("decode_rate") AS "decode" ${QUALITY} ${by('model', 'format', 'strategy')}`,
    },
  ],
};

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

const QUALITY_AGAINST_SIZE: Unplaced = {
  id: 4,
  kind: 'xychart',
  title: 'Perplexity ratio against size',
  description:
    'A point is a model in a format: nearer to 1 is truer to float32, left is smaller. Below 1 is no gain but chance: the text fits the format better than float32.',
  unit: 'none',
  decimals: 4,
  xField: 'size',
  yField: 'perplexity',
  partitionBy: ['format'],
  legend: 'list',
  fields: [
    { name: 'size', label: 'size on the card', unit: 'bytes' },
    { name: 'perplexity', label: 'perplexity ratio', decimals: 4 },
  ],
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT last("card_bytes") AS "size", last("perplexity_ratio") AS "perplexity" ${QUALITY} ${by('model', 'format')}`,
    },
  ],
};

const QUALITY_AGAINST_SPEED: Unplaced = {
  id: 5,
  kind: 'xychart',
  title: 'Mean KL divergence against decode speed',
  description:
    'A point is a model in a format with a strategy: down is truer to float32, right is faster. What lies up and to the left of another point is of no use.',
  unit: 'none',
  xField: 'decode',
  yField: 'kl',
  partitionBy: ['format'],
  legend: 'list',
  fields: [
    { name: 'decode', label: 'decode speed', unit: 'suffix:tok/s' },
    { name: 'kl', label: 'mean KL divergence', unit: 'sci' },
  ],
  noValue: NONE,
  queries: [
    {
      refId: 'A',
      shape: 'table',
      text: `SELECT median("decode_rate") AS "decode", last("kl_mean") AS "kl" ${QUALITY} ${by('model', 'format', 'strategy')}`,
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
