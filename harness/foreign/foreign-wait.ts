import { BoardError, type BoardErrorCode } from '../board/board-error.js';
import type { EventLine } from '../board/event-line.js';
import type { LogEvent } from '../board/log-event.js';
import type { Timers } from '../board/timers.js';
import { ignore, type Step, type Wait } from '../board/wait.js';
import { type FailureClass, TokenrackError } from '../errors.js';
import type { ForeignFirmware } from './foreign-schema.js';
import type { GenerationReader } from './generation-reader.js';
import type { Pattern } from './pattern.js';

export interface ErrorLine {
  readonly pattern: Pattern;
  readonly class: FailureClass;
}

export interface ForeignWaitContext {
  readonly line: EventLine;
  readonly firmware: ForeignFirmware;
  readonly board: string;
  readonly errors: readonly ErrorLine[];
  readonly timers: Timers;
}

/** A board that resets so often before its ready line will not start. */
const maxBanners = 4;

/**
 * Waits for the ready line, or for the last line of a generation. The reader has taken each event before it comes here.
 * A reset is a fault as soon as the firmware was ready.
 */
export class ForeignWait implements Wait<void> {
  readonly what: string;
  readonly timeoutMs: number;
  private banners = 0;
  private heardBytes = 0;
  private generatingSinceUs: number | undefined;

  constructor(
    private readonly until: 'ready' | 'generation',
    private readonly reader: GenerationReader,
    private readonly context: ForeignWaitContext,
    private readonly command?: string,
  ) {
    const { ready_ms, silence_ms } = context.firmware.timeouts;
    this.what = until === 'ready' ? 'the ready line' : 'the end of a generation';
    this.timeoutMs = reader.isReady ? silence_ms : ready_ms;
  }

  begin(): void {
    this.heardMore();
    if (this.reader.isReady) this.beginGeneration();
    if (this.command !== undefined) this.context.line.send(this.command);
  }

  onEvent(event: LogEvent): Step<void> {
    this.heardMore();
    const failed = this.errorLine(event);
    if (failed !== undefined) return { do: 'fail', error: failed };
    if (!this.reader.isReady) return this.boots(event);
    if (this.until === 'ready') return this.settle();
    if (this.reader.isEnded) return this.settle();
    this.beginGeneration();
    return this.generates();
  }

  /** Text that is streamed without line ends makes no events, and is no silence. */
  onTimeout(): Step<void> {
    if (this.reader.isReady && this.heardMore()) return this.generates();
    if (this.reader.isReady) {
      return this.fail(
        'board-hung',
        'product-fail',
        'fell silent',
        'the firmware hangs, or `ended` never fits',
      );
    }
    return this.notReady();
  }

  private heardMore(): boolean {
    const { rxBytes } = this.context.line;
    const more = rxBytes > this.heardBytes;
    this.heardBytes = rxBytes;
    return more;
  }

  private boots(event: LogEvent): Step<void> {
    if (event.kind === 'boot') this.banners++;
    if (this.banners < maxBanners) return ignore;
    const next = 'look at the last lines, and check its power';
    return this.fail('board-reset', 'infra-fail', `reset ${this.banners} times`, next);
  }

  private beginGeneration(): void {
    this.context.line.sessionOpen = true;
    this.generatingSinceUs ??= this.context.timers.nowUs();
  }

  private generates(): Step<void> {
    const { generation_ms, silence_ms } = this.context.firmware.timeouts;
    const leftMs = generation_ms - (this.context.timers.nowUs() - (this.generatingSinceUs ?? 0)) / 1000;
    if (leftMs > 0) return { do: 'rearm', timeoutMs: silence_ms };
    const next = 'raise timeouts.generation_ms, or check that `ended` fits its last line';
    return this.fail('board-hung', 'product-fail', `came to no end in ${generation_ms} ms`, next);
  }

  private settle(): Step<void> {
    this.context.line.sessionOpen = true;
    return { do: 'settle', value: undefined };
  }

  private notReady(): Step<void> {
    const { firmware } = this.context;
    const what = `said no line that fits \`ready\` (${firmware.ready}) in ${firmware.timeouts.ready_ms} ms`;
    const next = `check that ${firmware.name} is what is flashed, its baud rate ${firmware.baud}, and the pattern`;
    return this.fail('board-silent', 'infra-fail', what, next);
  }

  private errorLine(event: LogEvent): TokenrackError | undefined {
    const { board, errors, firmware } = this.context;
    const found = errors.find(({ pattern }) => pattern.match(event.text) !== undefined);
    if (found === undefined) return undefined;
    const message = `board ${board}: ${firmware.name} reports an error while the host waited for ${this.what}: ${event.text.trim()}`;
    return new TokenrackError('firmware-error', found.class, message, { board, event });
  }

  private fail(code: BoardErrorCode, failureClass: FailureClass, what: string, next: string): Step<void> {
    const { board, line } = this.context;
    const lastLines = line.recent.list();
    const came = lastLines.at(-1) ?? 'nothing at all';
    const message = `board ${board}: ${what} while the host waited for ${this.what} (last line: ${came}): ${next}`;
    const details = { board, waitedFor: this.what, lastLines };
    return { do: 'fail', error: new BoardError(code, failureClass, message, details) };
  }
}
