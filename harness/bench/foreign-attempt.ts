import { join } from 'node:path';
import { readCaptureEvents } from '../board/capture-chunks.js';
import type { LogEvent } from '../board/log-event.js';
import { generationsOf } from '../foreign/foreign-generation.js';
import type { ReadGeneration } from '../foreign/generation-reader.js';
import { foreignFromPlan } from '../foreign/read-foreign.js';
import { type Attempt, type AttemptCall, attemptSchema } from '../results/attempt.js';
import { describeAttempt } from '../results/describe-attempt.js';
import type { Plan } from '../results/plan.js';
import type { ResultAttempt } from '../results/result.js';
import { readRunFile } from '../results/run-folder.js';

/** What one attempt folder of a foreign firmware says, read from its capture by the description in the plan. */
export interface ForeignAttempt {
  readonly attempt: Attempt;
  readonly described: ResultAttempt;
  /** Those that were asked for, whole or not, in their order. */
  readonly generations: readonly { readonly call: AttemptCall; readonly read: ReadGeneration }[];
}

/** @throws ConfigError when the folder is incomplete, or its capture not what was recorded. */
export async function readForeignAttempt(folder: string, plan: Plan): Promise<ForeignAttempt> {
  const attempt = await readRunFile(join(folder, 'attempt.json'), attemptSchema);
  const events: LogEvent[] = [];
  for await (const { event } of readCaptureEvents(folder)) events.push(event);
  const firmware = foreignFromPlan(plan.foreign?.description);
  const calls = attempt.calls.map((call) => ({ ...call, offset: call.offset ?? 0 }));
  const read = generationsOf(firmware, events, calls);
  const uartBytes = events.reduce((sum, event) => sum + event.raw.length, 0);
  const described = describeAttempt(attempt, { uartBytes });
  return {
    attempt,
    described,
    generations: calls.map((call, index) => ({ call, read: read[index]! })),
  };
}
