import type { LogEvent, SeedCompletedEvent } from './log-event.js';

/** One inference as the seeds' plain firmware logs it: no protocol, no CRC, so every fact may be absent. */
export interface PlainGeneration {
  /** Offset of its first line in the log. */
  readonly offset: number;
  readonly promptTokens?: number;
  readonly tokens: readonly number[];
  readonly durationMs?: number;
  /** Tokens per second as the board printed it: all tokens over all time, prefill included. */
  readonly rate?: number;
  /** Whether `Inference completed` came before a fault or the next inference. */
  readonly completed: boolean;
  /** Contradictions and gaps, for people. Empty: the log is consistent. */
  readonly findings: readonly string[];
}

interface Draft {
  offset: number;
  promptTokens?: number;
  tokens: number[];
}

/**
 * The inferences of a plain log. One begins with its `Starting inference` line; a log that begins in the middle
 * gives one without prompt length.
 */
export function plainGenerations(events: Iterable<LogEvent>): PlainGeneration[] {
  const generations: PlainGeneration[] = [];
  let draft: Draft | undefined;
  const abandon = (why: string) => {
    if (draft !== undefined) generations.push({ ...draft, completed: false, findings: [why] });
    draft = undefined;
  };
  for (const event of events) {
    if (event.kind === 'seed-started') {
      abandon('the next inference started before this one completed');
      draft = { offset: event.offset, promptTokens: event.promptTokens, tokens: [] };
    } else if (event.kind === 'seed-tokens') {
      draft ??= { offset: event.offset, tokens: [] };
      draft.tokens.push(...event.ids);
    } else if (event.kind === 'seed-completed') {
      generations.push(complete(draft ?? { offset: event.offset, tokens: [] }, event));
      draft = undefined;
    } else if (endsInference(event)) {
      abandon(`ended by: ${event.text.split('\n')[0]}`);
    }
  }
  abandon('the log ends before it completed');
  return generations;
}

function endsInference(event: LogEvent): boolean {
  return event.kind === 'panic' || event.kind === 'brownout' || event.kind === 'boot';
}

function complete(draft: Draft, event: SeedCompletedEvent): PlainGeneration {
  const { durationMs, rate } = event;
  const findings: string[] = [];
  if (draft.tokens.length !== event.tokens) {
    findings.push(`says ${event.tokens} tokens, lists ${draft.tokens.length}`);
  }
  if (rate !== undefined && !isRateOf(rate, event.tokens, durationMs)) {
    findings.push(`says ${rate} tokens/sec, ${event.tokens} tokens in ${durationMs} ms are not that`);
  }
  return { ...draft, durationMs, ...(rate === undefined ? {} : { rate }), completed: true, findings };
}

/** The board rounds to two decimals, from a time in finer units than the milliseconds that it prints. */
function isRateOf(rate: number, tokens: number, durationMs: number): boolean {
  const slowest = (tokens * 1000) / (durationMs + 1);
  const fastest = durationMs > 1 ? (tokens * 1000) / (durationMs - 1) : Number.POSITIVE_INFINITY;
  return rate >= slowest - 0.005 && rate <= fastest + 0.005;
}
