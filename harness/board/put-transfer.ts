import { BoardError } from './board-error.js';
import type { EventLine } from './event-line.js';
import type { LogEvent } from './log-event.js';
import { encodePutFrame, type PutFrame } from './put-frame.js';
import type { BoardRecord } from './records.js';
import { refusalError } from './refusal.js';
import { ignore, type Step, type Wait } from './wait.js';

export type PieceFrame = Extract<PutFrame, { readonly kind: 'data' | 'keep' }>;

/** What one file's transfer took. */
export interface PutCounts {
  /** Bytes of data frames' payload, each counted once. */
  payloadBytes: number;
  /** Everything that was written to the wire, what came again included. */
  wireBytes: number;
  /** Frames that were sent again. */
  retries: number;
}

export interface PutContext {
  readonly line: EventLine;
  readonly board: string;
  readonly nonce: string;
  readonly sequence: number;
  readonly path: string;
  readonly counts: PutCounts;
  /** Told of each piece that the board has. */
  readonly onPiece?: (piece: PieceFrame) => void;
}

interface InFlight {
  readonly piece: PieceFrame;
  /** Its number in the order of sending. */
  readonly order: number;
}

/** Two frames in flight: the second one is on the wire while the first one is written to the card. */
const window = 2;

/** Far longer than two frames take at 115200 baud, and a card's slow write. */
const silenceMs = 700;

/** Nothing but silence so many times: binary mode is over by then (2 s), whatever the board does. */
const maxSilences = 5;

/**
 * The frames of one file, between the ack of `put` and its last record. Frames are answered in their order, so an
 * answer to a later one says that an earlier one is lost. After damage or silence a sync frame is sent: what is still
 * unanswered when its answer comes never arrived, and goes again; so there is never more on the wire than the board's
 * driver has room for.
 */
export class PutTransfer implements Wait<void> {
  readonly what: string;
  readonly timeoutMs = silenceMs;
  private readonly inFlight: InFlight[] = [];
  private next: PieceFrame | undefined;
  private order = 0;
  private syncToken: number | undefined;
  private silences = 0;
  private ending = false;

  constructor(
    private readonly context: PutContext,
    private readonly pieces: Iterator<PieceFrame>,
  ) {
    this.what = `the board to take ${context.path}`;
    this.next = this.pull();
  }

  begin(): void {
    this.fill();
  }

  onEvent(event: LogEvent): Step<void> {
    // A torn line may have been an answer.
    if (event.kind === 'torn') return this.resynchronize();
    if (event.kind !== 'record') return ignore;
    const { record } = event;
    if (record.r === 'boot' || record.n !== this.context.nonce || record.q !== this.context.sequence)
      return ignore;
    this.silences = 0;
    return this.onRecord(record);
  }

  onTimeout(): Step<void> {
    this.silences++;
    if (this.silences > maxSilences) return { do: 'fail', error: this.silence() };
    if (this.ending) this.send({ kind: 'end' });
    else this.sendSync();
    return { do: 'rearm', timeoutMs: silenceMs };
  }

  private onRecord(record: BoardRecord): Step<void> {
    switch (record.r) {
      case 'err':
        return { do: 'fail', error: refusalError(this.context.board, `put ${this.context.path}`, record) };
      case 'put':
        return { do: 'settle', value: undefined };
      case 'got':
        return this.answered(({ piece }) => piece.kind === 'data' && piece.offset === record.o);
      case 'kept':
        return this.answered(({ piece }) => piece.kind === 'keep' && piece.block === record.b);
      case 'bad':
        return this.resynchronize();
      case 'sync':
        return this.synchronized(record.t);
      default:
        return ignore;
    }
  }

  private answered(matches: (frame: InFlight) => boolean): Step<void> {
    const index = this.inFlight.findIndex(matches);
    if (index < 0) return ignore;
    const [frame] = this.inFlight.splice(index, 1) as [InFlight];
    if (frame.piece.kind === 'data') this.context.counts.payloadBytes += frame.piece.payload.length;
    this.context.onPiece?.(frame.piece);
    if (this.inFlight.some(({ order }) => order < frame.order)) return this.resynchronize();
    this.fill();
    return { do: 'rearm', timeoutMs: silenceMs };
  }

  private resynchronize(): Step<void> {
    if (this.ending) this.send({ kind: 'end' });
    else if (this.syncToken === undefined) this.sendSync();
    return { do: 'rearm', timeoutMs: silenceMs };
  }

  /** A fresh token each time: an answer to an older sync says nothing of what came behind that one. */
  private sendSync(): void {
    this.syncToken = ++this.order;
    this.send({ kind: 'sync', token: this.syncToken });
  }

  private synchronized(token: number): Step<void> {
    if (token !== this.syncToken) return ignore;
    this.syncToken = undefined;
    for (const { piece } of this.inFlight.splice(0)) {
      this.context.counts.retries++;
      this.sendPiece(piece);
    }
    this.fill();
    return { do: 'rearm', timeoutMs: silenceMs };
  }

  private fill(): void {
    while (this.syncToken === undefined && this.inFlight.length < window && this.next !== undefined) {
      this.sendPiece(this.next);
      this.next = this.pull();
    }
    if (this.inFlight.length > 0 || this.next !== undefined || this.ending) return;
    this.ending = true;
    this.send({ kind: 'end' });
  }

  private pull(): PieceFrame | undefined {
    const { value, done } = this.pieces.next();
    return done === true ? undefined : value;
  }

  private sendPiece(piece: PieceFrame): void {
    this.inFlight.push({ piece, order: ++this.order });
    this.send(piece);
  }

  private send(frame: PutFrame): void {
    const bytes = encodePutFrame(this.context.sequence, frame);
    this.context.counts.wireBytes += bytes.length;
    this.context.line.send(bytes.toString('latin1'));
  }

  private silence(): BoardError {
    const { board, line } = this.context;
    const message = `board ${board}: silent while the host waited for ${this.what}: check the cable, then provision again`;
    const lastLines = line.recent.list();
    return new BoardError('link-damaged', 'infra-fail', message, { board, waitedFor: this.what, lastLines });
  }
}
