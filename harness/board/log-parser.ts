import {
  classifyLine,
  displayText,
  isMachineLine,
  type LineBytes,
  withoutLineEnd,
} from './line-classifier.js';
import { LineSplitter, type SplitLine } from './line-splitter.js';
import type { LogEvent, PanicEvent } from './log-event.js';
import { parseLogLine } from './log-line.js';
import { decodeMachineLine } from './machine-line.js';
import { isPanicEnd, isPanicStart, readPanic } from './panic-report.js';
import { isRomChatter, parseRomBanner } from './rom-line.js';

/** What the chip says on its own, whatever its app was in the middle of printing. */
const interruption =
  /ets [A-Z][a-z]{2} {1,2}\d{1,2} \d{4} \d\d:\d\d:\d\d|rst:0x[0-9a-f]+ \(|Guru Meditation Error: Core|abort\(\) was called at PC|assert failed: |\*\*\*ERROR\*\*\* A stack overflow|Stack smashing protect failure!|(?:[EWI] (?:\(\d+\) )?[A-Za-z_]+: )?Brownout detector was triggered/;

/** A panic of more lines is reported as it stands: nothing a device sends may grow memory without bound. */
const maxPanicLines = 200;

/**
 * Push parser from the board's bytes to events. The events are the same however the bytes are cut into chunks, and
 * their `raw` bytes in order are the input. It never throws on what a device sent.
 */
export class LogParser {
  private readonly splitter: LineSplitter;
  private panicLines: LineBytes[] = [];

  constructor(options: { readonly maxLineBytes?: number } = {}) {
    this.splitter = new LineSplitter(options.maxLineBytes);
  }

  /** Whether a panic has begun whose end has not come yet. */
  get panicOpen(): boolean {
    return this.panicLines.length > 0;
  }

  /** The panic that has begun, as far as it came; it stays open, and comes as an event when it ends. */
  peekPanic(): PanicEvent | undefined {
    return this.panicOpen ? panicEvent(this.panicLines) : undefined;
  }

  push(bytes: Uint8Array): LogEvent[] {
    return this.splitter.push(bytes).flatMap((line) => this.takeLine(line));
  }

  /** The log ended, or fell silent: gives what is left, an unfinished line or panic. May be pushed to again. */
  end(): LogEvent[] {
    const left = this.splitter.end().flatMap((line) => this.takeLine(line));
    return [...left, ...this.closePanic()];
  }

  private takeLine(line: SplitLine): LogEvent[] {
    return splitAtInterruption(line).flatMap((part) => this.takePart(part));
  }

  private takePart(line: LineBytes): LogEvent[] {
    const text = displayText(line.body);
    if (this.panicOpen && !endsPanicBefore(line, text)) {
      this.panicLines.push(line);
      return isPanicEnd(text) || this.panicLines.length >= maxPanicLines ? this.closePanic() : [];
    }
    const closed = this.closePanic();
    if (!isPanicStart(text)) return [...closed, classifyLine(line)];
    this.panicLines = [line];
    return closed;
  }

  private closePanic(): LogEvent[] {
    if (!this.panicOpen) return [];
    const event = panicEvent(this.panicLines);
    this.panicLines = [];
    return [event];
  }
}

/**
 * A panic, a brownout or a reset may come in the middle of a line of the app. Each part is a line of its own then,
 * except that a machine line with a right CRC is whole, whatever it quotes.
 */
function splitAtInterruption(line: SplitLine): LineBytes[] {
  const body = withoutLineEnd(line.raw);
  if (isMachineLine(body) && decodeMachineLine(body).ok)
    return [{ offset: line.offset, raw: line.raw, body }];
  const at = body.toString('latin1').search(interruption);
  if (at <= 0) return [{ offset: line.offset, raw: line.raw, body }];
  const head = line.raw.subarray(0, at);
  const rest = line.raw.subarray(at);
  return [
    { offset: line.offset, raw: head, body: head },
    { offset: line.offset + at, raw: rest, body: withoutLineEnd(rest) },
  ];
}

/** Whether a line cannot belong to the panic that is being gathered. A second panic is a part of the first. */
function endsPanicBefore(line: LineBytes, text: string): boolean {
  if (isMachineLine(line.body)) return true;
  return isRomChatter(text) || parseRomBanner(text) !== undefined || parseLogLine(text) !== undefined;
}

function panicEvent(lines: readonly LineBytes[]): PanicEvent {
  const texts = lines.map((line) => displayText(line.body));
  const raw = Buffer.concat(lines.map((line) => line.raw));
  return {
    kind: 'panic',
    offset: lines[0]!.offset,
    raw,
    text: texts.join('\n').trimEnd(),
    ...readPanic(texts),
  };
}
