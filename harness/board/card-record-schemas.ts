import { z } from 'zod';
import { count, hash32, microseconds, nonce, sequence } from './record-fields.js';

/** Hashes of consecutive blocks from block `b` on, 8 hex digits each. */
export const sumRecordSchema = z.object({
  r: z.literal('sum'),
  n: nonce,
  q: sequence,
  b: count,
  h: z.string().regex(/^(?:[0-9a-f]{8})+$/, 'not hashes of 8 hex digits'),
});

export const summedRecordSchema = z.object({
  r: z.literal('summed'),
  n: nonce,
  q: sequence,
  blocks: count,
  crc: hash32,
});

export const entryRecordSchema = z.object({
  r: z.literal('entry'),
  n: nonce,
  q: sequence,
  name: z.string(),
  dir: z.literal(1).optional(),
  bytes: count,
});

export const cardRecordSchema = z.object({
  r: z.literal('card'),
  n: nonce,
  q: sequence,
  fs: z.string(),
  bytes: count,
  free: count,
  cluster: count,
  files: count.optional(),
  fragments: count.optional(),
  read_bytes: count.optional(),
  read_us: microseconds.optional(),
});

export const gotRecordSchema = z.object({ r: z.literal('got'), n: nonce, q: sequence, o: count });
export const keptRecordSchema = z.object({ r: z.literal('kept'), n: nonce, q: sequence, b: count });
export const badRecordSchema = z.object({ r: z.literal('bad'), n: nonce, q: sequence });
export const syncRecordSchema = z.object({ r: z.literal('sync'), n: nonce, q: sequence, t: count });
export const putRecordSchema = z.object({ r: z.literal('put'), n: nonce, q: sequence, bytes: count });
