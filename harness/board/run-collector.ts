import { crc32Hex } from './crc32-hex.js';
import type { GenerationRecords, LogitsLevel, ScoreRecords } from './generation-records.js';
import type { LogEvent } from './log-event.js';
import type {
  BoardRecord,
  DoneRecord,
  LogitsRecord,
  LpRecord,
  PhaseRecord,
  StageRecord,
  TokRecord,
  TopRecord,
} from './records.js';

/** A run of so many damaged lines says nothing more by more of them. */
const maxDisturbances = 1000;

/** Gathers the records of one `generate` or `score` as they come, and tells at its end what is missing. */
export class RunCollector {
  private readonly steps = new Map<number, TokRecord | LpRecord>();
  private readonly tops = new Map<number, TopRecord>();
  private readonly pieces = new Map<number, LogitsRecord[]>();
  private readonly logits = new Map<number, Float32Array>();
  private readonly disturbances: LogEvent[] = [];
  private stage: StageRecord | undefined;
  private prefill: PhaseRecord | undefined;
  private decode: PhaseRecord | undefined;
  private done: DoneRecord | undefined;

  constructor(private readonly level: LogitsLevel) {}

  /** True once the run is over. */
  add(record: BoardRecord): boolean {
    switch (record.r) {
      case 'tok':
      case 'lp':
        this.addStep(record);
        return false;
      case 'top':
        this.tops.set(record.i, record);
        return false;
      case 'logits':
        this.addPiece(record);
        return false;
      case 'stage':
        this.stage = record;
        return false;
      case 'phase':
        this[record.name] = record;
        return false;
      case 'done':
        this.done = record;
        return true;
      default:
        return false;
    }
  }

  addDisturbance(event: LogEvent): void {
    if (event.kind !== 'torn' && event.kind !== 'watchdog') return;
    if (this.disturbances.length < maxDisturbances) this.disturbances.push(event);
  }

  generation(): GenerationRecords {
    const tokens = this.inOrder('tok');
    const missing = this.missingFrom(0);
    return { tokens, missing, ...this.rest('tok', 0, missing) };
  }

  score(): ScoreRecords {
    const positions = this.inOrder('lp');
    const missing = this.missingFrom(1);
    return { positions, missing, ...this.rest('lp', 1, missing) };
  }

  private addStep(record: TokRecord | LpRecord): void {
    this.steps.set(record.i, record);
    const whole = joinLogits(this.pieces.get(record.i) ?? [], record.crc);
    if (whole !== undefined) this.logits.set(record.i, whole);
    this.pieces.delete(record.i);
  }

  private addPiece(record: LogitsRecord): void {
    const pieces = this.pieces.get(record.i);
    if (pieces === undefined) this.pieces.set(record.i, [record]);
    else pieces.push(record);
  }

  private inOrder<K extends 'tok' | 'lp'>(kind: K): Extract<TokRecord | LpRecord, { r: K }>[] {
    return [...this.steps.values()]
      .filter((record): record is Extract<TokRecord | LpRecord, { r: K }> => record.r === kind)
      .sort((a, b) => a.i - b.i);
  }

  private missingFrom(first: number): number[] {
    return this.indices(first).filter((index) => !this.steps.has(index));
  }

  /** The indices that the board says it made records for. */
  private indices(first: number): number[] {
    return Array.from({ length: this.ended().tokens }, (_, index) => first + index);
  }

  private rest(
    kind: 'tok' | 'lp',
    first: number,
    missing: readonly number[],
  ): Omit<GenerationRecords, 'tokens' | 'missing'> {
    const { stage, prefill, decode } = this;
    const lost = [
      ...missing.map((index) => `${kind} ${index}`),
      ...this.lostTops(first),
      ...this.lostLogits(first),
      ...(stage === undefined ? ['stage'] : []),
      ...(prefill === undefined ? ['phase prefill'] : []),
      ...(decode === undefined ? ['phase decode'] : []),
    ];
    return {
      tops: [...this.tops.values()].sort((a, b) => a.i - b.i),
      logits: this.logits,
      ...(stage === undefined ? {} : { stage }),
      ...(prefill === undefined ? {} : { prefill }),
      ...(decode === undefined ? {} : { decode }),
      done: this.ended(),
      lost,
      disturbances: this.disturbances,
    };
  }

  private lostTops(first: number): string[] {
    if (this.level !== 'top' && this.level !== 'full') return [];
    return this.indices(first)
      .filter((index) => !this.tops.has(index))
      .map((index) => `top ${index}`);
  }

  private lostLogits(first: number): string[] {
    if (this.level !== 'full') return [];
    return this.indices(first)
      .filter((index) => !this.logits.has(index) && !this.isScreened(index))
      .map((index) => `logits ${index}`);
  }

  /** Whether a screen kept most of the logits from being computed: then there are no whole ones to lose. */
  private isScreened(index: number): boolean {
    const step = this.steps.get(index);
    return step?.r === 'tok' && step.lp === undefined;
  }

  private ended(): DoneRecord {
    if (this.done === undefined) throw new Error('a run was read before its done record came');
    return this.done;
  }
}

/**
 * Joins pieces to whole logits (vocab). Whole is what has no gap and the CRC of its step's record: a lost last piece
 * leaves no gap, but another CRC.
 */
function joinLogits(pieces: readonly LogitsRecord[], crc: string | undefined): Float32Array | undefined {
  if (pieces.length === 0 || crc === undefined) return undefined;
  const parts: Buffer[] = [];
  let floats = 0;
  for (const piece of [...pieces].sort((a, b) => a.o - b.o)) {
    const part = Buffer.from(piece.d, 'base64');
    if (piece.o !== floats || part.length % 4 !== 0) return undefined;
    parts.push(part);
    floats += part.length / 4;
  }
  const bytes = Buffer.concat(parts);
  if (crc32Hex(bytes) !== crc) return undefined;
  return Float32Array.from({ length: floats }, (_, index) => bytes.readFloatLE(index * 4));
}
