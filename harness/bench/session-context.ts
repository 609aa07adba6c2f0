import type { BoardConsole } from '../board/console.js';
import type { AckRecord } from '../board/records.js';
import type { Tokenizer } from '../model/tokenizer.js';
import type { Attempt } from '../results/attempt.js';
import type { Plan } from '../results/plan.js';
import type { ReferenceRun } from '../results/reference-run.js';
import type { AttemptJournal } from './attempt-journal.js';
import type { BenchListener } from './events.js';

/** No record for so long means that the board hangs. A float32 token of Tiny-LLM takes about 9 s on hardware. */
const SILENCE_MS = 120_000;

export interface SessionContext {
  readonly console: BoardConsole;
  readonly plan: Plan;
  readonly board: string;
  readonly mac: string;
  /** The weight folder's name on the card. */
  readonly cardFolder: string;
  /** First 16 hex digits of the app's ELF SHA-256. */
  readonly elf: string;
  readonly reference: ReferenceRun;
  readonly tokenizer: Tokenizer;
  readonly journal: AttemptJournal;
  /** Sees to the card before the model is loaded. */
  readonly provision?: (
    console: BoardConsole,
    signal?: AbortSignal,
  ) => Promise<NonNullable<Attempt['provision']>>;
  readonly onEvent: BenchListener;
  readonly signal?: AbortSignal;
}

/** Loads the planned model with the knobs as they are now. */
export function loadModel(context: SessionContext): Promise<AckRecord> {
  const { console, plan, cardFolder } = context;
  return console.load(cardFolder, { ...waitingOf(context), bare: plan.card.manifest === '-' });
}

export function waitingOf({ signal }: SessionContext) {
  return { timeoutMs: SILENCE_MS, ...(signal === undefined ? {} : { signal }) };
}
