import { BoardError } from './board-error.js';
import type { CommandSession, WaitOptions } from './command-session.js';
import type { EventLine } from './event-line.js';
import { type PieceFrame, type PutCounts, PutTransfer } from './put-transfer.js';
import type { CardRecord, EntryRecord } from './records.js';

/** Bytes that one hash covers. */
export const blockBytes = 4096;

/** Hashes of a file's blocks, in order, 8 hex digits each. */
export interface FileSum {
  readonly bytes: number;
  readonly hashes: readonly string[];
}

/** A file of 6 MB is read for its hashes, or verified, in two seconds on hardware. */
const cardSilenceMs = 20_000;

/** What came torn is asked for again, so often. */
const sumAttempts = 6;

/** The card's side of the bench protocol (firmware/PROTOCOL.md, "Card over UART"), one command at a time. */
export class CardCommands {
  constructor(
    private readonly line: EventLine,
    private readonly session: CommandSession,
    private readonly board: string,
  ) {}

  /** Absent when the card has no such file. Hashes that were lost on the way are asked for again, and only they. */
  async sum(path: string, waiting: WaitOptions = {}): Promise<FileSum | undefined> {
    const hashes: string[] = [];
    let bytes = 0;
    for (let attempt = 1; attempt <= sumAttempts; attempt++) {
      const from = firstGap(hashes);
      const command = attempt === 1 ? `sum ${path}` : `sum ${path} ${from} ${gapLength(hashes, from, bytes)}`;
      const size = await this.sumPart(command, hashes, waiting);
      if (size === undefined) return undefined;
      bytes = size;
      if (firstGap(hashes) >= Math.ceil(bytes / blockBytes)) return { bytes, hashes };
    }
    throw this.damaged(`the hashes of ${path}`);
  }

  /** Entries of a folder, or of the card itself; absent when there is none. */
  async list(folder?: string, waiting: WaitOptions = {}): Promise<EntryRecord[] | undefined> {
    const command = folder === undefined ? 'ls' : `ls ${folder}`;
    const records = await withoutFile(this.session.list(command, waiting));
    return records?.filter((record) => record.r === 'entry');
  }

  /** The card's space; with a folder also its files' fragments and how fast they read. */
  async space(folder?: string, waiting: WaitOptions = {}): Promise<CardRecord> {
    const command = folder === undefined ? 'df' : `df ${folder}`;
    const records = await this.session.list(command, { timeoutMs: cardSilenceMs, ...waiting });
    const card = records.find((record) => record.r === 'card');
    if (card === undefined) throw this.session.protocolError(command, 'an ack but no card record');
    return card;
  }

  async remove(path: string, waiting: WaitOptions = {}): Promise<void> {
    await this.session.ask(`rm ${path}`, waiting);
  }

  /** Verifies what is staged for a folder and makes it the folder's content, or ends a switch that was cut short. */
  async use(folder: string, waiting: WaitOptions = {}): Promise<void> {
    await this.session.ask(`use ${folder}`, waiting, cardSilenceMs);
  }

  /** Stages one file, of `bytes` bytes: what no piece covers keeps what an earlier `put` left there. */
  async put(
    file: { readonly folder: string; readonly name: string; readonly bytes: number },
    pieces: Iterable<PieceFrame>,
    counts: PutCounts,
    waiting: WaitOptions & { readonly onPiece?: (piece: PieceFrame) => void } = {},
  ): Promise<void> {
    const { signal, onPiece } = waiting;
    await this.session.ask(`put ${file.folder} ${file.name} ${file.bytes}`, waiting);
    const context = {
      line: this.line,
      board: this.board,
      nonce: this.session.nonce,
      sequence: this.session.latest,
      path: `${file.folder}/${file.name}`,
      counts,
      ...(onPiece === undefined ? {} : { onPiece }),
    };
    await this.line.wait(new PutTransfer(context, pieces[Symbol.iterator]()), signal);
  }

  /** Makes sure that the board reads lines: an abandoned `put` ends by silence after 2 s. */
  async backToLines(waiting: WaitOptions = {}): Promise<void> {
    await this.line.pause(2500, waiting.signal);
    this.line.send('\x18\n');
  }

  private async sumPart(
    command: string,
    hashes: string[],
    waiting: WaitOptions,
  ): Promise<number | undefined> {
    const part = await withoutFile(this.session.part(command, { timeoutMs: cardSilenceMs, ...waiting }));
    for (const record of part?.records ?? []) {
      if (record.r !== 'sum') continue;
      record.h.match(/.{8}/g)?.forEach((hash, index) => {
        hashes[record.b + index] = hash;
      });
    }
    return part?.ack?.bytes;
  }

  private damaged(what: string): BoardError {
    const message = `board ${this.board}: ${what} keep arriving damaged: use a lower baud rate or a shorter cable`;
    const details = { board: this.board, waitedFor: what, lastLines: this.line.recent.list() };
    return new BoardError('link-damaged', 'infra-fail', message, details);
  }
}

function firstGap(hashes: readonly string[]): number {
  for (let block = 0; block < hashes.length; block++) if (hashes[block] === undefined) return block;
  return hashes.length;
}

function gapLength(hashes: readonly string[], from: number, bytes: number): number {
  const end = Math.ceil(bytes / blockBytes);
  let block = from;
  while (block < end && hashes[block] === undefined) block++;
  return block - from;
}

/** Undefined for a refusal that says that something is not on the card. */
async function withoutFile<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof BoardError && error.details.refusal?.code === 'no_file') return undefined;
    throw error;
  }
}
