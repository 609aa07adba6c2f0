import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCaptureEvents } from '../board/capture-chunks.js';
import type { AckRecord, BoardRecord, LogitsRecord, PlaceRecord } from '../board/records.js';
import { compareLogits } from '../reference/quality.js';
import { type Attempt, attemptSchema } from '../results/attempt.js';
import type { LogitsDifference } from '../results/comparison.js';
import { describeAttempt } from '../results/describe-attempt.js';
import type { Generation } from '../results/generation.js';
import type { Sample } from '../results/measure.js';
import type { ResultAttempt, ResultMemory, ResultPlacement } from '../results/result.js';
import { readRunFile } from '../results/run-folder.js';
import { collectGenerations } from './generations.js';

/** What one attempt folder says, derived from its capture. */
export interface AttemptEvidence {
  readonly attempt: Attempt;
  readonly described: ResultAttempt;
  readonly generations: readonly Generation[];
  readonly loadSamples: readonly Sample[];
  readonly diagnoses: readonly LogitsDifference[];
  /** Absent when the board never described its memory. */
  readonly memory?: ResultMemory;
}

export async function readAttempt(folder: string, runFolder: string): Promise<AttemptEvidence> {
  const attempt = await readRunFile(join(folder, 'attempt.json'), attemptSchema);
  const { records, uartBytes, tornLines } = await readReceived(folder);
  const loadUs = loadAck(attempt, records)?.us;
  const capture = { uartBytes, tornLines, ...(loadUs === undefined ? {} : { loadUs }) };
  const memory = memoryOf(attempt, records);
  return {
    attempt,
    described: describeAttempt(attempt, capture),
    generations: collectGenerations(attempt, records, 'measure'),
    loadSamples: loadSamples(attempt, records),
    diagnoses: await diagnosesOf(attempt, records, runFolder),
    ...(memory === undefined ? {} : { memory }),
  };
}

/**
 * Every intact record of a capture, of whatever session, and what else came.
 * @throws ConfigError when the capture is not what was recorded: bytes or index are missing or cut
 */
async function readReceived(folder: string) {
  const records: BoardRecord[] = [];
  let uartBytes = 0;
  let tornLines = 0;
  for await (const { event } of readCaptureEvents(folder)) {
    uartBytes += event.raw.length;
    if (event.kind === 'record') records.push(event.record);
    if (event.kind === 'torn') tornLines++;
  }
  return { records, uartBytes, tornLines };
}

/** Of this session, answering command `q`. */
function answers<K extends BoardRecord['r']>(
  attempt: Attempt,
  records: readonly BoardRecord[],
  kind: K,
  q: number | undefined,
): Extract<BoardRecord, { r: K }>[] {
  if (q === undefined) return [];
  return records.filter(
    (record): record is Extract<BoardRecord, { r: K }> =>
      record.r === kind && record.n === attempt.nonce && 'q' in record && record.q === q,
  );
}

function loadAck(attempt: Attempt, records: readonly BoardRecord[]): AckRecord | undefined {
  return answers(attempt, records, 'ack', attempt.loadQ)[0];
}

function loadSamples(attempt: Attempt, records: readonly BoardRecord[]): Sample[] {
  const ack = loadAck(attempt, records);
  if (ack === undefined) return [];
  const { board } = attempt;
  const values = {
    load_time: ack.us,
    load_reads: ack.reads,
    load_seeks: ack.seeks,
    load_bytes: ack.bytes,
    load_flashed: ack.flashed,
    resident_bytes: answers(attempt, records, 'place', attempt.infoQ)[0]?.resident_bytes,
  } as const;
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name: name as keyof typeof values, board, value }],
  );
}

function memoryOf(attempt: Attempt, records: readonly BoardRecord[]): ResultMemory | undefined {
  const model = answers(attempt, records, 'model', attempt.infoQ)[0];
  const mem = answers(attempt, records, 'mem', attempt.infoQ)[0];
  const place = answers(attempt, records, 'place', attempt.infoQ)[0];
  if (model === undefined || mem === undefined) return undefined;
  return {
    board: attempt.board,
    psramBytes: mem.psram,
    heapBytes: mem.heap,
    context: model.context,
    components: {
      embed: model.embed_bytes,
      attention: model.stage_attention,
      mlp: model.stage_mlp,
      head: model.stage_head,
      stage: model.stage_bytes,
      kv: model.kv_bytes,
      logits: model.logits_bytes,
      work: model.work_bytes,
      norms: model.norm_bytes,
    },
    ...(place === undefined ? {} : { placement: placementOf(place) }),
  };
}

function placementOf(place: PlaceRecord): ResultPlacement {
  const { strategy, batch, screen, head, layers, embed } = place;
  return {
    strategy,
    batch,
    screen,
    head,
    layers,
    embed,
    headBytes: place.head_bytes,
    screenBytes: place.screen_bytes,
    ...(place.screen_context === undefined ? {} : { screenContext: place.screen_context }),
    layerBytes: place.layer_bytes,
    embedBytes: place.table_bytes,
    residentBytes: place.resident_bytes,
    bounceBytes: place.bounce_bytes,
  };
}

async function diagnosesOf(
  attempt: Attempt,
  records: readonly BoardRecord[],
  runFolder: string,
): Promise<LogitsDifference[]> {
  const found: LogitsDifference[] = [];
  for (const call of attempt.calls.filter((one) => one.purpose === 'diagnose')) {
    const step = call.tokens - 1;
    const pieces = answers(attempt, records, 'logits', call.q).filter((piece) => piece.i === step);
    const board = assembleLogits(pieces);
    const reference = await readReferenceLogits(runFolder, call.prompt, step);
    const difference = reference === undefined ? undefined : compareLogits(reference, board);
    if (difference !== undefined)
      found.push({ board: attempt.board, prompt: call.prompt, step, ...difference });
  }
  return found;
}

function assembleLogits(pieces: readonly LogitsRecord[]): Float32Array {
  const parts = pieces.toSorted((a, b) => a.o - b.o).map((piece) => Buffer.from(piece.d, 'base64'));
  const bytes = Uint8Array.from(Buffer.concat(parts));
  return new Float32Array(bytes.buffer, 0, bytes.byteLength >> 2);
}

/** Where the reference's logits of a step that differed are kept, little-endian float32. */
export function referenceLogitsPath(prompt: number, step: number): string {
  return join('reference-logits', `prompt-${prompt}-step-${step}.f32`);
}

async function readReferenceLogits(
  runFolder: string,
  prompt: number,
  step: number,
): Promise<Float32Array | undefined> {
  const bytes = await readFile(join(runFolder, referenceLogitsPath(prompt, step))).catch(() => undefined);
  return bytes === undefined ? undefined : new Float32Array(Uint8Array.from(bytes).buffer);
}
