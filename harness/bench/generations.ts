import type { BoardRecord, DoneRecord, PhaseRecord, StageRecord, TokRecord } from '../board/records.js';
import type { Attempt, AttemptCall } from '../results/attempt.js';
import type { GeneratedToken, Generation, PhaseCounts } from '../results/generation.js';

/**
 * The complete generations among the records of one attempt: those whose `done`, phases and stages arrived.
 * Records of another nonce (a stale run) are ignored. `purpose` chooses measured or warm-up ones.
 */
export function collectGenerations(
  attempt: Attempt,
  records: readonly BoardRecord[],
  purpose: AttemptCall['purpose'],
): Generation[] {
  const bySequence = new Map<number, BoardRecord[]>();
  for (const record of records) {
    if (record.n !== attempt.nonce || !('q' in record)) continue;
    const group = bySequence.get(record.q);
    if (group === undefined) bySequence.set(record.q, [record]);
    else group.push(record);
  }
  return attempt.calls
    .filter((call) => call.purpose === purpose)
    .flatMap((call) => toGeneration(attempt.board, call, bySequence.get(call.q) ?? []) ?? []);
}

function toGeneration(
  board: string,
  call: AttemptCall,
  records: readonly BoardRecord[],
): Generation | undefined {
  const done = records.find((record): record is DoneRecord => record.r === 'done');
  const stage = records.find((record): record is StageRecord => record.r === 'stage');
  const phases = records.filter((record): record is PhaseRecord => record.r === 'phase');
  const prefill = phases.find((phase) => phase.name === 'prefill');
  const decode = phases.find((phase) => phase.name === 'decode');
  if (done === undefined || stage === undefined || prefill === undefined || decode === undefined)
    return undefined;
  const tokens = records.filter((record): record is TokRecord => record.r === 'tok');
  return {
    board,
    prompt: call.prompt,
    repeat: call.repeat,
    promptTokens: done.prompt,
    tokens: tokens.map(toToken),
    missing: missingIndices(tokens, done.tokens),
    ...timesOf(done),
    prefill: countsOf(prefill),
    decode: countsOf(decode),
    stagesUs: pickStages(stage),
    ...memoryOf(done),
    tokensCrc: done.tokens_crc,
    ...(done.logits_crc === undefined ? {} : { logitsCrc: done.logits_crc }),
  };
}

function toToken({ id, us, lp, crc, logit, rows, rank }: TokRecord): GeneratedToken {
  return {
    id,
    atUs: us,
    ...(lp === undefined ? {} : { logProbabilityBits: lp }),
    ...(crc === undefined ? {} : { logitsCrc: crc }),
    ...(logit === undefined ? {} : { logitBits: logit }),
    ...(rows === undefined ? {} : { exactRows: rows }),
    ...(rank === undefined ? {} : { screenRank: rank }),
  };
}

function missingIndices(tokens: readonly TokRecord[], count: number): number[] {
  const present = new Set(tokens.map((token) => token.i));
  return Array.from({ length: count }, (_, index) => index).filter((index) => !present.has(index));
}

function timesOf({ stop, first_us, last_us, ttft_us }: DoneRecord): Pick<Generation, 'stop' | 'times'> {
  if (first_us === undefined || last_us === undefined || ttft_us === undefined) return { stop };
  return { stop, times: { firstTokenUs: first_us, lastTokenUs: last_us, timeToFirstTokenUs: ttft_us } };
}

function memoryOf(done: DoneRecord) {
  return {
    psramPeakBytes: done.psram_peak,
    psramPeakRunBytes: done.psram_peak_run,
    heapPeakBytes: done.heap_peak,
    heapPeakRunBytes: done.heap_peak_run,
    ...(done.stack_free === undefined ? {} : { stackFreeBytes: done.stack_free }),
  };
}

function pickStages({ embed, attention, mlp, head, sample }: StageRecord): Generation['stagesUs'] {
  return { embed, attention, mlp, head, sample };
}

function countsOf(phase: PhaseRecord): PhaseCounts {
  return {
    forwards: phase.forwards,
    timeUs: phase.us,
    sdReads: phase.reads,
    sdSeeks: phase.seeks,
    sdBytes: phase.bytes,
    cardTimeUs: phase.card_us,
    ...stageReadsOf(phase),
  };
}

function stageReadsOf(phase: PhaseRecord): Pick<PhaseCounts, 'stageReads'> {
  const { embed_reads: embed, attention_reads: attention, mlp_reads: mlp, head_reads: head } = phase;
  if (embed === undefined || attention === undefined || mlp === undefined || head === undefined) return {};
  return { stageReads: { embed, attention, mlp, head } };
}
