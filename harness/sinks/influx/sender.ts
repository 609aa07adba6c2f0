import { join } from 'node:path';
import { z } from 'zod';
import type { LineWriter } from './client.js';
import { type DeliveryContext, deliver, type Evidence, firstEvidence } from './delivery.js';
import { SEGMENT_LINES, type Spool } from './spool.js';
import { diskFiles, type SpoolFiles, writeDurably } from './spool-files.js';
import { SenderLock } from './spool-lock.js';
import type { Quarantine } from './spool-quarantine.js';
import type { SegmentName } from './spool-segment.js';

/** How long the server may take for a batch while nobody waits for it. */
const REQUEST_TIMEOUT_MS = 30_000;

/** How a drain ended. */
export type DrainOutcome =
  | { readonly kind: 'empty' }
  /** Another process sends from this spool. */
  | { readonly kind: 'busy' }
  /** The server, or the disk, let it go no further; what is left waits. */
  | { readonly kind: 'stopped'; readonly message: string };

export interface SenderOptions {
  readonly spool: Spool;
  readonly quarantine: Quarantine;
  readonly writer: LineWriter;
  readonly files?: SpoolFiles;
  readonly now?: () => number;
  readonly requestTimeoutMs?: number;
}

/** Sends what is in the spool, oldest first, and takes out what the server acknowledged. */
export class Sender {
  private readonly files: SpoolFiles;
  private readonly now: () => number;
  /** Why the drain that goes on is to end. */
  private stopped: string | undefined;
  /** Points that the server acknowledged, and refused, since this sender was made. */
  written = 0;
  refused = 0;
  /** When the server last acknowledged anything, as `now` counts. */
  acknowledgedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: SenderOptions) {
    this.files = options.files ?? diskFiles;
    this.now = options.now ?? Date.now;
  }

  /** Until nothing waits or something is in the way. Never throws. */
  async drain(): Promise<DrainOutcome> {
    this.stopped = undefined;
    try {
      await using lock = await SenderLock.take(this.options.spool.folder, this.files, this.now);
      if (lock === undefined) return { kind: 'busy' };
      await this.options.spool.sweep();
      const trouble = await this.sendAll();
      if (trouble === undefined) return { kind: 'empty' };
      const message = this.stopped ?? trouble;
      await this.note(message);
      return { kind: 'stopped', message };
    } catch (error) {
      return { kind: 'stopped', message: error instanceof Error ? error.message : String(error) };
    }
  }

  /** No request begins after this in the drain that goes on; who aborts the one that is under way ends it. */
  stop(reason: string): void {
    this.stopped = reason;
  }

  /** @returns what is in the way; undefined when nothing waits any more. */
  private async sendAll(): Promise<string | undefined> {
    const evidence = firstEvidence(this.now());
    for (;;) {
      const segments = await this.options.spool.segments();
      if (segments.length === 0) return undefined;
      for (const batch of batchesOf(segments)) {
        const trouble = await this.sendBatch(batch, evidence);
        if (trouble !== undefined) return trouble;
      }
    }
  }

  private async sendBatch(batch: readonly SegmentName[], evidence: Evidence): Promise<string | undefined> {
    const lines: string[] = [];
    for (const segment of batch) lines.push(...((await this.options.spool.read(segment)) ?? []));
    const trouble = lines.length === 0 ? undefined : await deliver(lines, evidence, this.delivery());
    if (trouble !== undefined) return trouble;
    for (const segment of batch) await this.options.spool.remove(segment);
    return undefined;
  }

  private delivery(): DeliveryContext {
    const { writer, quarantine, requestTimeoutMs = REQUEST_TIMEOUT_MS } = this.options;
    const write: LineWriter['write'] = async (lines, timeoutMs) =>
      this.stopped === undefined
        ? writer.write(lines, timeoutMs)
        : { kind: 'unavailable', message: this.stopped };
    return {
      writer: { write },
      requestTimeoutMs,
      quarantine: async (line, message) => {
        await quarantine.add(line, message, new Date(this.now()));
        this.refused++;
      },
      onWritten: (lines) => {
        this.written += lines;
        this.acknowledgedAt = this.now();
      },
    };
  }

  /** For `sink status`; when the disk refuses even that, nothing is lost by it. */
  private async note(message: string): Promise<void> {
    const text = `${JSON.stringify({ at: new Date(this.now()).toISOString(), message })}\n`;
    await writeDurably(this.files, this.options.spool.folder, LAST_ERROR, text).catch(() => {});
  }
}

const LAST_ERROR = 'last-error.json';
const lastErrorSchema = z.object({ at: z.string(), message: z.string() });
export type LastError = z.output<typeof lastErrorSchema>;

/** What last kept a sender of this spool from going on, whichever process it was. */
export async function lastError(
  folder: string,
  files: SpoolFiles = diskFiles,
): Promise<LastError | undefined> {
  const text = await files.read(join(folder, LAST_ERROR));
  try {
    return lastErrorSchema.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

/** Segments together, oldest first, as long as they make no more than a batch. */
function* batchesOf(segments: readonly SegmentName[]): Generator<SegmentName[]> {
  let batch: SegmentName[] = [];
  let lines = 0;
  for (const segment of segments) {
    if (batch.length > 0 && lines + segment.lines > SEGMENT_LINES) {
      yield batch;
      batch = [];
      lines = 0;
    }
    batch.push(segment);
    lines += segment.lines;
  }
  yield batch;
}
