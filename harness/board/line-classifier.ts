import { bootloaderImageFault, romImageFault } from './image-fault.js';
import type { EventBase, LogEvent } from './log-event.js';
import { type LogLine, parseLogLine, stripAnsi } from './log-line.js';
import { decodeMachineLine } from './machine-line.js';
import { isRomChatter, parseRomBanner } from './rom-line.js';
import { parseSeedLine } from './seed-line.js';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });
const brownoutText = /Brownout detector was triggered/;
const taskWatchdogText = /^Task watchdog got triggered/;
const loaderText = /^waiting for download$/;
const embeddedMachineLine = /.@\{.*\*[0-9a-f]{8}$/s;

/** A whole line as the parser hands it on: `raw` with its line end, `body` without. */
export interface LineBytes {
  readonly offset: number;
  readonly raw: Buffer;
  readonly body: Buffer;
}

export function withoutLineEnd(raw: Buffer): Buffer {
  let end = raw.length;
  if (end > 0 && raw[end - 1] === 0x0a) end--;
  if (end > 0 && raw[end - 1] === 0x0d) end--;
  return raw.subarray(0, end);
}

/** Replaces what is no UTF-8, and takes ANSI colours off: for people, never for deciding. */
export function displayText(body: Buffer): string {
  return stripAnsi(body.toString('utf8'));
}

export function isMachineLine(body: Buffer): boolean {
  return body[0] === 0x40;
}

/** The event of one line on its own; panics, which take many, are gathered by the log parser. */
export function classifyLine(line: LineBytes): LogEvent {
  const base: EventBase = { offset: line.offset, raw: line.raw, text: displayText(line.body) };
  if (isMachineLine(line.body)) return classifyMachineLine(base, line.body);
  const text = decodeStrictly(line.body);
  if (text === undefined) return { ...base, kind: 'noise' };
  if (embeddedMachineLine.test(text)) return { ...base, kind: 'torn', why: 'does not begin its line' };
  const logLine = parseLogLine(text);
  return logLine === undefined ? classifyPlainLine(base, text) : classifyLogLine(base, logLine);
}

function classifyMachineLine(base: EventBase, body: Buffer): LogEvent {
  const decoded = decodeMachineLine(body);
  return decoded.ok
    ? { ...base, kind: 'record', record: decoded.record }
    : { ...base, kind: 'torn', why: decoded.why };
}

function decodeStrictly(body: Buffer): string | undefined {
  try {
    return stripAnsi(strictUtf8.decode(body));
  } catch {
    return undefined;
  }
}

function classifyLogLine(base: EventBase, line: LogLine): LogEvent {
  if (brownoutText.test(line.message)) return { ...base, kind: 'brownout' };
  if (line.level === 'E' && taskWatchdogText.test(line.message)) return { ...base, kind: 'watchdog' };
  const fault = bootloaderImageFault(line);
  if (fault !== undefined) return { ...base, kind: 'image-fault', fault };
  const seed = parseSeedLine(line.message);
  return seed === undefined ? { ...base, kind: 'log', ...line } : { ...base, ...seed };
}

function classifyPlainLine(base: EventBase, text: string): LogEvent {
  const banner = parseRomBanner(text);
  if (banner !== undefined) return { ...base, kind: 'boot', ...banner };
  if (loaderText.test(text)) return { ...base, kind: 'loader-waiting' };
  if (brownoutText.test(text)) return { ...base, kind: 'brownout' };
  const fault = romImageFault(text);
  if (fault !== undefined) return { ...base, kind: 'image-fault', fault };
  if (isRomChatter(text)) return { ...base, kind: 'rom' };
  const seed = parseSeedLine(text);
  return seed === undefined ? { ...base, kind: 'noise' } : { ...base, ...seed };
}
