import type { LogEvent } from './log-event.js';
import type { DoneRecord, LpRecord, PhaseRecord, StageRecord, TokRecord, TopRecord } from './records.js';

export type LogitsLevel = 'none' | 'crc' | 'top' | 'full';

/** What a run of `generate` or `score` said besides its tokens. Lost records are absent, and named in `lost`. */
interface RunRecords {
  readonly tops: readonly TopRecord[];
  /** Whole logits (vocab) by token index or position; only those that were all computed, and of which every piece arrived intact. */
  readonly logits: ReadonlyMap<number, Float32Array>;
  readonly stage?: StageRecord;
  readonly prefill?: PhaseRecord;
  readonly decode?: PhaseRecord;
  readonly done: DoneRecord;
  /** Records that never arrived intact, for people: `tok 3`, `stage`, `logits 0`. Empty: nothing was lost. */
  readonly lost: readonly string[];
  /** What came between: torn lines, watchdog reports. Evidence for `lost`. */
  readonly disturbances: readonly LogEvent[];
}

/** Everything that one `generate` said. */
export interface GenerationRecords extends RunRecords {
  /** In order of `i`; gaps where a record was lost. */
  readonly tokens: readonly TokRecord[];
  /** Indices of `tok` records that never arrived intact. */
  readonly missing: readonly number[];
}

/** Everything that one `score` said. */
export interface ScoreRecords extends RunRecords {
  /** In order of position, from 1; gaps where a record was lost. */
  readonly positions: readonly LpRecord[];
  /** Positions whose `lp` record never arrived intact. */
  readonly missing: readonly number[];
}
