import { type FileHandle, open, readFile } from 'node:fs/promises';
import { ConfigError } from '../errors.js';
import { after, foldLedger, type JobState, type LedgerState } from './fold-ledger.js';
import { type LedgerEntry, type LedgerRecord, ledgerRecordSchema } from './ledger-records.js';

/**
 * The night's truth: `ledger.jsonl`, to which lines are appended and synced before anything follows from them. A last line that a crash tore
 * is as if it had never been. One process at a time has it open (`lockNight`).
 */
export class Ledger implements AsyncDisposable {
  private tail: Promise<unknown> = Promise.resolve();
  /** What kept a line from being written: half of it may stand there, so that none may follow. */
  private trouble: Error | undefined;

  private constructor(
    private readonly file: FileHandle,
    private readonly jobs: Map<string, JobState>,
    private readonly now: () => Date,
    private readonly mayWrite: () => Promise<void>,
  ) {}

  /**
   * @param mayWrite asked before every write; what it throws keeps the entries from being written
   * @throws ConfigError `bad-ledger` naming the line
   */
  static async open(
    path: string,
    mayWrite: () => Promise<void> = async () => {},
    now: () => Date = () => new Date(),
  ): Promise<Ledger> {
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const { records, wholeBytes } = readLedger(bytes, path);
    const state = foldOrRefuse(records, path);
    const file = await open(path, 'a');
    if (wholeBytes < bytes.length) {
      await file.truncate(wholeBytes);
      await file.sync();
    }
    return new Ledger(file, new Map(state), now, mayWrite);
  }

  get state(): LedgerState {
    return this.jobs;
  }

  /**
   * Resolves when the entries are on disk, all of them in order; what they say holds from then on.
   * @throws LedgerError when one cannot follow what is there: nothing is written then
   */
  append(...entries: readonly LedgerEntry[]): Promise<void> {
    const done = this.tail.then(() => this.write(entries));
    this.tail = done.catch(() => undefined);
    return done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.tail;
    await this.file.close();
  }

  private async write(entries: readonly LedgerEntry[]): Promise<void> {
    const changed = new Map<string, JobState>();
    for (const entry of entries) {
      changed.set(entry.job, after(changed.get(entry.job) ?? this.jobs.get(entry.job), entry));
    }
    const at = this.now().toISOString();
    const lines = entries.map((entry) => `${JSON.stringify({ at, ...entry })}\n`).join('');
    if (this.trouble !== undefined) throw this.trouble;
    await this.mayWrite();
    try {
      await this.file.appendFile(lines);
      await this.file.datasync();
    } catch (error) {
      this.trouble = error as Error;
      throw error;
    }
    for (const [job, state] of changed) this.jobs.set(job, state);
  }
}

/** The whole lines of a ledger, and how many bytes they are. @throws ConfigError `bad-ledger` */
export function readLedger(
  bytes: Uint8Array,
  path: string,
): { readonly records: LedgerRecord[]; readonly wholeBytes: number } {
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1;
  const lines = Buffer.from(bytes.subarray(0, wholeBytes)).toString('utf8').split('\n').slice(0, -1);
  return { records: lines.map((line, index) => parseLine(line, `${path}:${index + 1}`)), wholeBytes };
}

function parseLine(line: string, where: string): LedgerRecord {
  try {
    return ledgerRecordSchema.parse(JSON.parse(line));
  } catch (cause) {
    throw new ConfigError('bad-ledger', `${where}: no line of a night's ledger, or of another version's`, {
      cause,
    });
  }
}

function foldOrRefuse(records: readonly LedgerRecord[], path: string): LedgerState {
  try {
    return foldLedger(records);
  } catch (cause) {
    throw new ConfigError('bad-ledger', `${path}: ${(cause as Error).message}`, { path, cause });
  }
}
