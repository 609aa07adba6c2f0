import { z } from 'zod';
import { count, hash32, microseconds, nonce, sequence } from './record-fields.js';

/** What `probe` measured, or `listening`; which of the optional keys, firmware/PROTOCOL.md says by kind. */
export const probeRecordSchema = z.object({
  r: z.literal('probe'),
  n: nonce,
  q: sequence,
  kind: z.string(),
  us: microseconds.optional(),
  units: count.optional(),
  fragments: count.optional(),
  bytes: count.optional(),
  lines: count.optional(),
  reads: count.optional(),
  seeks: count.optional(),
  min_us: microseconds.optional(),
  max_us: microseconds.optional(),
  errors: count.optional(),
  offset: count.optional(),
  expected: hash32.optional(),
  found: hash32.optional(),
  data_bits: hash32.optional(),
  address_bits: hash32.optional(),
});
