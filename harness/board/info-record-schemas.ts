import { z } from 'zod';
import { count, hash32, microseconds, nonce, sequence } from './record-fields.js';

export const infoRecordSchema = z.object({
  r: z.literal('info'),
  n: nonce,
  q: sequence,
  proto: z.int(),
  chip: z.string(),
  rev: z.int(),
  cores: z.int(),
  mac: z.string().regex(/^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/, 'not a MAC address'),
  idf: z.string(),
  build: z.string(),
  elf: z.string(),
  reset: z.string(),
  us: microseconds,
  card: z.int().min(0).max(1),
  folder: z.string(),
});

export const memRecordSchema = z.object({
  r: z.literal('mem'),
  n: nonce,
  q: sequence,
  psram: count,
  psram_free: count,
  psram_largest: count.optional(),
  psram_peak: count,
  heap: count,
  heap_free: count,
  heap_largest: count.optional(),
  heap_peak: count,
  stack_free: count.optional(),
});

export const modelRecordSchema = z.object({
  r: z.literal('model'),
  n: nonce,
  q: sequence,
  format: z.string(),
  hidden: count,
  ffn: count,
  layers: count,
  heads: count,
  kv_heads: count,
  head_dim: count,
  vocab: count,
  context: count,
  max_context: count,
  manifest: z.union([hash32, z.literal('-')]),
  kv_bytes: count,
  stage_bytes: count,
  stage_attention: count,
  stage_mlp: count,
  stage_head: count,
  logits_bytes: count,
  embed_bytes: count,
  work_bytes: count,
  norm_bytes: count,
});

/** How the loaded model runs, and what of it is resident where; a `*_bytes` is 0 for what is only on the card. */
export const placeRecordSchema = z.object({
  r: z.literal('place'),
  n: nonce,
  q: sequence,
  strategy: z.string(),
  batch: count,
  chunk_bytes: count,
  bounce_bytes: count,
  list_bytes: count,
  head: z.enum(['card', 'psram']),
  head_bytes: count,
  /** `self`: the head in PSRAM is its own screen. */
  screen: z.enum(['none', 'certain', 'checked', 'self']),
  screen_bytes: count,
  /** Only when a screen is there, may be used and has no room in PSRAM: the longest context that would leave it room. */
  screen_context: count.optional(),
  layers: z.enum(['card', 'psram', 'flash']),
  layer_bytes: count,
  embed: z.enum(['card', 'psram']),
  table_bytes: count,
  resident_bytes: count,
});

export const knobRecordSchema = z.object({
  r: z.literal('knob'),
  n: nonce,
  q: sequence,
  key: z.string(),
  value: z.int(),
  default: z.int(),
  min: z.int(),
  max: z.int(),
  /** Of the values from 0 on, where they have names. */
  names: z.array(z.string()).optional(),
});
