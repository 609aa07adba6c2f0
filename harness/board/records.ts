import { z } from 'zod';

const nonce = z.string().regex(/^(?:-|[0-9a-z]{1,16})$/, 'not a nonce');
const sequence = z.int().min(0);
const count = z.int().min(0);
const microseconds = z.int().min(0);
const hash32 = z.string().regex(/^[0-9a-f]{8}$/, 'not 8 hex digits');
const floatBits = hash32;

const bootRecordSchema = z.object({
  r: z.literal('boot'),
  n: nonce,
  proto: z.int(),
  reset: z.string(),
  build: z.string(),
  elf: z.string(),
});

/** `ack` carries what its command answers; which of the optional keys, firmware/PROTOCOL.md says by command. */
const ackRecordSchema = z.object({
  r: z.literal('ack'),
  n: nonce,
  q: sequence,
  dup: z.literal(1).optional(),
  proto: z.int().optional(),
  us: microseconds.optional(),
  reads: count.optional(),
  seeks: count.optional(),
  bytes: count.optional(),
  key: z.string().optional(),
  value: z.int().optional(),
  count: count.optional(),
  kept: count.optional(),
});

const errRecordSchema = z.object({
  r: z.literal('err'),
  n: nonce,
  q: sequence,
  code: z.string(),
  msg: z.string(),
});

const infoRecordSchema = z.object({
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

const memRecordSchema = z.object({
  r: z.literal('mem'),
  n: nonce,
  q: sequence,
  psram: count,
  psram_free: count,
  psram_peak: count,
  heap: count,
  heap_free: count,
  heap_peak: count,
  stack_free: count.optional(),
});

const modelRecordSchema = z.object({
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

const knobRecordSchema = z.object({
  r: z.literal('knob'),
  n: nonce,
  q: sequence,
  key: z.string(),
  value: z.int(),
  default: z.int(),
  min: z.int(),
  max: z.int(),
});

const tokRecordSchema = z.object({
  r: z.literal('tok'),
  n: nonce,
  q: sequence,
  i: count,
  id: count,
  us: microseconds,
  lp: floatBits,
  crc: hash32.optional(),
});

const topRecordSchema = z
  .object({
    r: z.literal('top'),
    n: nonce,
    q: sequence,
    i: count,
    ids: z.array(count),
    l: z.array(floatBits),
  })
  .refine((top) => top.ids.length === top.l.length, 'ids and l differ in length');

const logitsRecordSchema = z.object({
  r: z.literal('logits'),
  n: nonce,
  q: sequence,
  i: count,
  o: count,
  d: z.base64(),
});

const lpRecordSchema = z.object({
  r: z.literal('lp'),
  n: nonce,
  q: sequence,
  i: count,
  id: count,
  lp: floatBits,
  crc: hash32.optional(),
});

const stageRecordSchema = z.object({
  r: z.literal('stage'),
  n: nonce,
  q: sequence,
  embed: microseconds,
  attention: microseconds,
  mlp: microseconds,
  head: microseconds,
  sample: microseconds,
});

const phaseRecordSchema = z.object({
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

const doneRecordSchema = z
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

/** What `probe` measured, or `listening`; which of the optional keys, firmware/PROTOCOL.md says by kind. */
const probeRecordSchema = z.object({
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
});

/** Hashes of consecutive blocks from block `b` on, 8 hex digits each. */
const sumRecordSchema = z.object({
  r: z.literal('sum'),
  n: nonce,
  q: sequence,
  b: count,
  h: z.string().regex(/^(?:[0-9a-f]{8})+$/, 'not hashes of 8 hex digits'),
});

const summedRecordSchema = z.object({
  r: z.literal('summed'),
  n: nonce,
  q: sequence,
  blocks: count,
  crc: hash32,
});

const entryRecordSchema = z.object({
  r: z.literal('entry'),
  n: nonce,
  q: sequence,
  name: z.string(),
  dir: z.literal(1).optional(),
  bytes: count,
});

const cardRecordSchema = z.object({
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

const gotRecordSchema = z.object({ r: z.literal('got'), n: nonce, q: sequence, o: count });
const keptRecordSchema = z.object({ r: z.literal('kept'), n: nonce, q: sequence, b: count });
const badRecordSchema = z.object({ r: z.literal('bad'), n: nonce, q: sequence });
const syncRecordSchema = z.object({ r: z.literal('sync'), n: nonce, q: sequence, t: count });
const putRecordSchema = z.object({ r: z.literal('put'), n: nonce, q: sequence, bytes: count });

/**
 * Every machine record of firmware/PROTOCOL.md, by `r`. Keys it does not name are tolerated and dropped (a newer
 * firmware may say more); a missing or mistyped key makes the record malformed. Field names are the wire's.
 */
export const boardRecordSchema = z.discriminatedUnion('r', [
  bootRecordSchema,
  ackRecordSchema,
  errRecordSchema,
  infoRecordSchema,
  memRecordSchema,
  modelRecordSchema,
  knobRecordSchema,
  tokRecordSchema,
  topRecordSchema,
  logitsRecordSchema,
  lpRecordSchema,
  stageRecordSchema,
  phaseRecordSchema,
  doneRecordSchema,
  probeRecordSchema,
  sumRecordSchema,
  summedRecordSchema,
  entryRecordSchema,
  cardRecordSchema,
  gotRecordSchema,
  keptRecordSchema,
  badRecordSchema,
  syncRecordSchema,
  putRecordSchema,
]);

export type BoardRecord = z.output<typeof boardRecordSchema>;
export type BoardRecordKind = BoardRecord['r'];
export type RecordOf<K extends BoardRecordKind> = Extract<BoardRecord, { r: K }>;

export type BootRecord = RecordOf<'boot'>;
export type AckRecord = RecordOf<'ack'>;
export type ErrRecord = RecordOf<'err'>;
export type InfoRecord = RecordOf<'info'>;
export type MemRecord = RecordOf<'mem'>;
export type ModelRecord = RecordOf<'model'>;
export type KnobRecord = RecordOf<'knob'>;
export type TokRecord = RecordOf<'tok'>;
export type TopRecord = RecordOf<'top'>;
export type LogitsRecord = RecordOf<'logits'>;
export type LpRecord = RecordOf<'lp'>;
export type StageRecord = RecordOf<'stage'>;
export type PhaseRecord = RecordOf<'phase'>;
export type DoneRecord = RecordOf<'done'>;
export type ProbeRecord = RecordOf<'probe'>;
export type EntryRecord = RecordOf<'entry'>;
export type CardRecord = RecordOf<'card'>;
