import type { LogLevel } from './log-event.js';

// biome-ignore lint/suspicious/noControlCharactersInRegex: ANSI sequences begin with the escape character
const ansiSequence = /\u001b\[[0-9;]*[A-Za-z]/g;

export function stripAnsi(text: string): string {
  return text.replace(ansiSequence, '');
}

export interface LogLine {
  readonly level: LogLevel;
  readonly atMs?: number;
  readonly tag: string;
  readonly message: string;
}

/**
 * Forms of ESP-IDF's log library (components/log): `I (2345) tag: text`; a time of day instead of milliseconds
 * under CONFIG_LOG_TIMESTAMP_SOURCE_SYSTEM; and no time at all for ESP_DRAM_LOGx, `E tag: text`.
 */
const timedLine = /^([EWIDV]) \((?:(\d+)|[\d:. -]+)\) ([^:]{1,64}): ?(.*)$/s;
const untimedLine = /^([EWIDV]) ([A-Za-z0-9_.-]{1,32}): (.*)$/s;

/** Reads one ESP-IDF log line, colours already stripped; undefined when it is none. */
export function parseLogLine(text: string): LogLine | undefined {
  const timed = timedLine.exec(text);
  if (timed !== null) {
    const line = { level: timed[1] as LogLevel, tag: timed[3]!, message: timed[4]! };
    return timed[2] === undefined ? line : { ...line, atMs: Number(timed[2]) };
  }
  const untimed = untimedLine.exec(text);
  if (untimed === null) return undefined;
  return { level: untimed[1] as LogLevel, tag: untimed[2]!, message: untimed[3]! };
}
