import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { LogEvent } from '../log-event.js';
import { LogParser } from '../log-parser.js';

/** One line for an event: offset, length, kind and what it was read as. Golden files consist of these. */
export function describeEvent(event: LogEvent): string {
  const { kind, offset, raw, text, ...facts } = event;
  const shown = JSON.stringify(facts, (_, value) =>
    value instanceof Map ? Object.fromEntries(value) : value,
  );
  return `${offset}+${raw.length} ${kind} ${shown}`;
}

/** Prints the events of a log: `node dist/board/testing/describe-log.js LOG > events.txt`. */
function main(path: string): void {
  const parser = new LogParser();
  for (const event of [...parser.push(readFileSync(path)), ...parser.end()])
    console.log(describeEvent(event));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv[2] ?? '');
