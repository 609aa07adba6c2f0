import { randomUUID } from 'node:crypto';

/** A file of the spool. Its name says when it was written and how many lines are in it, and sorts by time. */
export interface SegmentName {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly writtenAt: number;
  readonly lines: number;
}

const NAME = /^(\d{15})-[0-9a-f-]{36}-(\d+)\.lines$/;

export function newSegmentName(nowMs: number, lines: number): string {
  return `${String(nowMs).padStart(15, '0')}-${randomUUID()}-${lines}.lines`;
}

/** Undefined for any other file. */
export function parseSegmentName(name: string): SegmentName | undefined {
  const match = NAME.exec(name);
  return match === null ? undefined : { name, writtenAt: Number(match[1]), lines: Number(match[2]) };
}

const HEADER = '# lengths ';

/**
 * A segment's content: line protocol, as it is sent, under a comment with the lines' lengths (UTF-16 code units). A
 * quoted field may hold line feeds, so that only the lengths tell where a line ends, whatever is in it.
 */
export function segmentText(lines: readonly string[]): string {
  return `${HEADER}${lines.map((line) => line.length).join(' ')}\n${lines.join('\n')}\n`;
}

/** The lines; undefined when the content is not what name and header promise: it was damaged after it was written. */
export function readSegment(text: string, promised: number): string[] | undefined {
  const start = text.indexOf('\n') + 1;
  if (!text.startsWith(HEADER) || start === 0) return undefined;
  const lengths = text
    .slice(HEADER.length, start - 1)
    .split(' ')
    .map(Number);
  const lines: string[] = [];
  let at = start;
  for (const length of lengths) {
    const end = at + length;
    if (!(length > 0) || text[end] !== '\n') return undefined;
    lines.push(text.slice(at, end));
    at = end + 1;
  }
  return at === text.length && lines.length === promised ? lines : undefined;
}
