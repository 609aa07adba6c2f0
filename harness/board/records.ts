import { z } from 'zod';
import {
  badRecordSchema,
  cardRecordSchema,
  entryRecordSchema,
  gotRecordSchema,
  keptRecordSchema,
  putRecordSchema,
  summedRecordSchema,
  sumRecordSchema,
  syncRecordSchema,
} from './card-record-schemas.js';
import {
  infoRecordSchema,
  knobRecordSchema,
  memRecordSchema,
  modelRecordSchema,
  placeRecordSchema,
} from './info-record-schemas.js';
import { probeRecordSchema } from './probe-record-schema.js';
import {
  doneRecordSchema,
  logitsRecordSchema,
  lpRecordSchema,
  phaseRecordSchema,
  stageRecordSchema,
  tokRecordSchema,
  topRecordSchema,
} from './run-record-schemas.js';
import { ackRecordSchema, bootRecordSchema, errRecordSchema } from './session-record-schemas.js';

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
  placeRecordSchema,
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
export type PlaceRecord = RecordOf<'place'>;
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
