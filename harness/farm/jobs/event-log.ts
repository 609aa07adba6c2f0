import { closeSync, openSync, writeSync } from 'node:fs';
import type { BenchEvent } from '../../bench/events.js';
import { lineOfEvent } from './job-line.js';

/** `events.jsonl`, written as things happen: a line is with the system before whoever tells of it goes on, so that a kill loses none. */
export class EventLog implements Disposable {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  event(event: BenchEvent): void {
    this.append(lineOfEvent(event, new Date()));
  }

  note(note: string): void {
    this.append({ at: new Date().toISOString(), note });
  }

  [Symbol.dispose](): void {
    closeSync(this.file);
  }

  private append(line: object): void {
    writeSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
