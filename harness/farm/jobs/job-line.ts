import { z } from 'zod';
import type { BenchEvent } from '../../bench/events.js';

/** One line of a job's `events.jsonl`, as it is kept and as it travels: an event with its bytes in base64, or a word to people. */
export const jobLineSchema = z.union([
  z.object({ at: z.string(), event: z.looseObject({ type: z.string() }) }),
  z.object({ at: z.string(), note: z.string() }),
]);
export type JobLine = z.output<typeof jobLineSchema>;

/** @param at when it happened */
export function lineOfEvent(event: BenchEvent, at: Date): JobLine {
  const plain =
    event.type === 'token' ? { ...event, bytes: Buffer.from(event.bytes).toString('base64') } : event;
  return { at: at.toISOString(), event: plain };
}

/** The event of a line, as the run told it; undefined for a note. The machine that wrote the line has our own version. */
export function eventOfLine(line: JobLine): BenchEvent | undefined {
  if (!('event' in line)) return undefined;
  const { event } = line;
  if (event.type !== 'token') return event as unknown as BenchEvent;
  return {
    ...event,
    bytes: new Uint8Array(Buffer.from(String(event.bytes), 'base64')),
  } as unknown as BenchEvent;
}

/** A line as text, without its newline; undefined for what is none: torn by a crash, or somebody else's. */
export function parseJobLine(text: string): JobLine | undefined {
  try {
    const checked = jobLineSchema.safeParse(JSON.parse(text));
    return checked.success ? checked.data : undefined;
  } catch {
    return undefined;
  }
}
