import { join } from 'node:path';
import { InfraError } from '../../errors.js';
import { diskFiles, type SpoolFiles, sweep, writeDurably } from './spool-files.js';
import {
  newSegmentName,
  parseSegmentName,
  readSegment,
  type SegmentName,
  segmentText,
} from './spool-segment.js';

/** A segment holds no more, so that memory is bounded however much there is to send. */
export const SEGMENT_LINES = 5000;
const SEGMENT_LENGTH = 4 << 20;

export interface SpoolStatus {
  readonly waiting: number;
  /** Milliseconds since 1970 when the oldest of them was written; absent when none waits. */
  readonly oldest?: number;
  /** Files that are not what was written: names. What was in them can be sent again from the run folders. */
  readonly damaged: readonly string[];
}

/**
 * Lines on their way to the server, on disk: what `append` was given is there until `remove`, over any crash. Each
 * segment is a file of whole lines, written and synced under another name before it appears, and never changed
 * afterwards; so any number of processes may append, and no reader ever sees half a line.
 */
export class Spool {
  constructor(
    readonly folder: string,
    private readonly files: SpoolFiles = diskFiles,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Keeps the lines, in segments; resolves when they will last. What a failure or a crash cuts off was kept up to some
   * segment: appending all of it again is right, since the same point twice is one point.
   * @returns how many lines
   * @throws InfraError `spool-unwritable`
   */
  async append(lines: Iterable<string> | AsyncIterable<string>): Promise<number> {
    let total = 0;
    for await (const segment of segmentsOf(lines)) {
      await this.writeSegment(segment);
      total += segment.length;
    }
    return total;
  }

  private async writeSegment(lines: readonly string[]): Promise<void> {
    const name = newSegmentName(this.now(), lines.length);
    try {
      await this.files.makeFolder(this.folder);
      await writeDurably(this.files, this.folder, name, segmentText(lines));
    } catch (cause) {
      const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
      const message = `cannot write to the spool ${this.folder}: ${reason}`;
      throw new InfraError('spool-unwritable', message, { path: this.folder, cause });
    }
  }

  /** What waits, oldest first. */
  async segments(): Promise<SegmentName[]> {
    const names = await this.files.list(this.folder);
    return names.flatMap((name) => parseSegmentName(name) ?? []);
  }

  /** The lines of a segment; undefined when it is gone, or when it was damaged: then it is set aside. */
  async read(segment: SegmentName): Promise<string[] | undefined> {
    const path = join(this.folder, segment.name);
    const text = await this.files.read(path);
    if (text === undefined) return undefined;
    const lines = readSegment(text, segment.lines);
    if (lines === undefined) await this.files.rename(path, `${path}.damaged`);
    return lines;
  }

  /** The segment's lines are the server's, or the quarantine's. */
  remove(segment: SegmentName): Promise<void> {
    return this.files.remove(join(this.folder, segment.name));
  }

  async status(): Promise<SpoolStatus> {
    const names = await this.files.list(this.folder);
    const segments = names.flatMap((name) => parseSegmentName(name) ?? []);
    const oldest = segments[0];
    return {
      waiting: segments.reduce((sum, { lines }) => sum + lines, 0),
      ...(oldest === undefined ? {} : { oldest: oldest.writtenAt }),
      damaged: names.filter((name) => name.endsWith('.damaged')),
    };
  }

  /** Removes what died half written. */
  sweep(): Promise<void> {
    return sweep(this.files, this.folder, this.now());
  }
}

async function* segmentsOf(lines: Iterable<string> | AsyncIterable<string>): AsyncGenerator<string[]> {
  let segment: string[] = [];
  let length = 0;
  for await (const line of lines) {
    segment.push(line);
    length += line.length;
    if (segment.length < SEGMENT_LINES && length < SEGMENT_LENGTH) continue;
    yield segment;
    segment = [];
    length = 0;
  }
  if (segment.length > 0) yield segment;
}
