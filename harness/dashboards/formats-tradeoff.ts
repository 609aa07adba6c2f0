import { by, candidates } from './filters.js';
import type { ThresholdStep } from './panel.js';
import type { Unplaced } from './place.js';

const QUALITY = candidates('quality');

const NONE = 'No format was compared with float32 here: widen the time or choose another model';

/** A quantized model is accepted with a perplexity up by less than 2%. */
const PERPLEXITY_STEPS: readonly ThresholdStep[] = [
  { color: 'green' },
  { from: 1.01, color: 'orange' },
  { from: 1.02, color: 'red' },
];

export const GLANCE: Unplaced = {
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

export const QUALITY_AGAINST_SIZE: Unplaced = {
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

export const QUALITY_AGAINST_SPEED: Unplaced = {
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
