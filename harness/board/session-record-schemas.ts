import { z } from 'zod';
import { count, microseconds, nonce, sequence } from './record-fields.js';

export const bootRecordSchema = z.object({
  r: z.literal('boot'),
  n: nonce,
  proto: z.int(),
  reset: z.string(),
  build: z.string(),
  elf: z.string(),
});

/** `ack` carries what its command answers; which of the optional keys, firmware/PROTOCOL.md says by command. */
export const ackRecordSchema = z.object({
  r: z.literal('ack'),
  n: nonce,
  q: sequence,
  dup: z.literal(1).optional(),
  proto: z.int().optional(),
  us: microseconds.optional(),
  reads: count.optional(),
  seeks: count.optional(),
  bytes: count.optional(),
  flashed: count.optional(),
  key: z.string().optional(),
  value: z.int().optional(),
  count: count.optional(),
  kept: count.optional(),
});

export const errRecordSchema = z.object({
  r: z.literal('err'),
  n: nonce,
  q: sequence,
  code: z.string(),
  msg: z.string(),
});
