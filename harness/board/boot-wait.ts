import { BoardError } from './board-error.js';
import type { EventLine } from './event-line.js';
import type { LogEvent } from './log-event.js';
import type { BootRecord } from './records.js';
import { ignore, type Step, type Wait } from './wait.js';

/** A board that resets so often before its app speaks will not start. */
const maxBanners = 4;

/** Waits for the app's boot record; faults on the way there are the event line's business. */
export class BootWait implements Wait<BootRecord> {
  readonly what = "the app's boot record";
  private banners = 0;
  private heard = false;

  constructor(
    private readonly line: EventLine,
    private readonly board: string,
    readonly timeoutMs: number,
  ) {}

  onEvent(event: LogEvent): Step<BootRecord> {
    this.heard = true;
    if (event.kind === 'record' && event.record.r === 'boot') {
      this.line.claimBootRecord();
      return { do: 'settle', value: event.record };
    }
    if (event.kind !== 'boot') return ignore;
    this.banners++;
    const looping = this.banners >= maxBanners;
    return looping
      ? { do: 'fail', error: this.failure('board-reset', `reset ${this.banners} times`) }
      : ignore;
  }

  onTimeout(): Step<BootRecord> {
    const what = this.heard ? 'started something else' : 'said nothing';
    return { do: 'fail', error: this.failure('board-silent', what) };
  }

  private failure(code: 'board-reset' | 'board-silent', what: string): BoardError {
    const { board } = this;
    const lastLines = this.line.recent.list();
    const came = lastLines.at(-1) ?? 'nothing at all';
    return new BoardError(
      code,
      'infra-fail',
      `board ${board}: ${what} while the host waited for ${this.what} (last line: ${came}): ` +
        'check power, baud rate and that a bench build is flashed',
      { board, waitedFor: this.what, lastLines },
    );
  }
}
