import { z } from 'zod';
import { count, floatBits, hash32, microseconds, nonce, sequence } from './record-fields.js';

/** A token chosen by a screen has `logit`, `rows` and `rank` instead of `lp` and `crc`: its other logits are not known. */
export const tokRecordSchema = z
  .object({
    r: z.literal('tok'),
    n: nonce,
    q: sequence,
    i: count,
    id: count,
    us: microseconds,
    lp: floatBits.optional(),
    crc: hash32.optional(),
    logit: floatBits.optional(),
    rows: count.optional(),
    rank: count.optional(),
  })
  .refine(({ lp, logit, rows }) => lp !== undefined || (logit !== undefined && rows !== undefined), {
    path: ['lp'],
    error: 'absent, and no logit with its rows either',
  });

export const topRecordSchema = z
  .object({
    r: z.literal('top'),
    n: nonce,
    q: sequence,
    i: count,
    ids: z.array(count),
    l: z.array(floatBits),
  })
  .refine((top) => top.ids.length === top.l.length, 'ids and l differ in length');

export const logitsRecordSchema = z.object({
  r: z.literal('logits'),
  n: nonce,
  q: sequence,
  i: count,
  o: count,
  d: z.base64(),
});

export const lpRecordSchema = z.object({
  r: z.literal('lp'),
  n: nonce,
  q: sequence,
  i: count,
  id: count,
  lp: floatBits,
  crc: hash32.optional(),
});

export const stageRecordSchema = z.object({
  r: z.literal('stage'),
  n: nonce,
  q: sequence,
  embed: microseconds,
  attention: microseconds,
  mlp: microseconds,
  head: microseconds,
  sample: microseconds,
});

export const phaseRecordSchema = z.object({
  r: z.literal('phase'),
  n: nonce,
  q: sequence,
  name: z.enum(['prefill', 'decode']),
  forwards: count,
  us: microseconds,
  reads: count,
  seeks: count,
  bytes: count,
  card_us: microseconds,
  embed_reads: count.optional(),
  attention_reads: count.optional(),
  mlp_reads: count.optional(),
  head_reads: count.optional(),
});

export const doneRecordSchema = z
  .object({
    r: z.literal('done'),
    n: nonce,
    q: sequence,
    prompt: count,
    tokens: count,
    stop: z.enum(['max', 'eos', 'context', 'abort']),
    first_us: microseconds.optional(),
    last_us: microseconds.optional(),
    ttft_us: microseconds.optional(),
    psram_peak: count,
    psram_peak_run: count,
    heap_peak: count,
    heap_peak_run: count,
    stack_free: count.optional(),
    tokens_crc: hash32,
    logits_crc: hash32.optional(),
  })
  .refine(
    ({ tokens, first_us, last_us }) => tokens === 0 || (first_us !== undefined && last_us !== undefined),
    {
      path: ['first_us'],
      error: 'absent, though tokens were made',
    },
  );
