import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, InfraError } from '../errors.js';
import { BoardError } from './board-error.js';
import type { CardCommands, FileSum } from './card-commands.js';
import { cardFindings } from './card-findings.js';
import type { WaitOptions } from './command-session.js';
import { isSilence } from './command-session.js';
import { isSame, planFile, switchList, type WantedFile, wantedFile } from './provision-plan.js';
import type { PieceFrame, PutCounts } from './put-transfer.js';
import type { CardRecord } from './records.js';

/** What provisioning needs of a console: BoardConsole is one. */
export interface ProvisionConsole {
  readonly card: CardCommands;
  readonly baudRate: number;
  nowUs(): number;
}

/** A folder of the host, as the card is to have it. */
export interface CardSource {
  /** On the host. */
  readonly path: string;
  /** On the card: one name, such as `tinyllm_float32_weights`. */
  readonly folder: string;
  /** Names of the files, the manifest among them. */
  readonly files: readonly string[];
}

export interface ProvisionProgress {
  readonly phase: 'compare' | 'send' | 'switch';
  readonly file: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface ProvisionOptions {
  readonly onProgress?: (progress: ProvisionProgress) => void;
  readonly signal?: AbortSignal;
}

export interface ProvisionResult {
  /** Files that were not on the card as they are wanted. */
  readonly filesChanged: number;
  /** Payload of data frames that the board acknowledged. */
  readonly bytesSent: number;
  /** All bytes written for them, frames sent again included. */
  readonly wireBytes: number;
  readonly blocksSent: number;
  /** Blocks that the board had: in the file in use, or staged by an earlier attempt. */
  readonly blocksEqual: number;
  readonly hashesCompared: number;
  readonly retries: number;
  readonly elapsedUs: number;
  /** Of that, from the first frame of a file to its last answer. */
  readonly transferUs: number;
  readonly baudRate: number;
  /** Payload bytes a second over the wire's limit, baud / 10; absent when nothing was sent. */
  readonly wireEfficiency?: number;
  /** Size and state of the card, with the folder's fragments and read rate. */
  readonly card: CardRecord;
  /** What is wrong with the card without keeping it from working. */
  readonly findings: readonly string[];
}

const manifest = 'manifest.json';
const listName = 'switch.txt';
const commitName = 'commit.txt';

/** A file whose transfer broke down is looked at again and gone on with, so often in a row without progress. */
const fileAttempts = 5;

/**
 * Makes `folder` of the board's card what `path` on the host is, sending only blocks that differ. Changed files are
 * staged beside the folder, and take its place in one switch; what an earlier attempt staged is used. Nothing changes
 * when all hashes agree. The board must be in session; a loaded model is let go of.
 * @throws BoardError, InfraError `card-too-full`, ConfigError `card-unnamed`
 */
export async function provision(
  console: ProvisionConsole,
  source: CardSource,
  options: ProvisionOptions = {},
): Promise<ProvisionResult> {
  const run = new Provisioning(console, source, options);
  return run.make();
}

class Provisioning {
  private readonly counts: PutCounts = { payloadBytes: 0, wireBytes: 0, retries: 0 };
  private readonly waiting: WaitOptions;
  private readonly card: CardCommands;
  private blocksSent = 0;
  private blocksEqual = 0;
  private hashesCompared = 0;
  private transferUs = 0;

  constructor(
    private readonly console: ProvisionConsole,
    private readonly source: CardSource,
    private readonly options: ProvisionOptions,
  ) {
    this.card = console.card;
    this.waiting = options.signal === undefined ? {} : { signal: options.signal };
  }

  async make(): Promise<ProvisionResult> {
    const startUs = this.console.nowUs();
    await this.endEarlierSwitch();
    const changed = await this.stageAll(await this.readSource());
    if (changed > 0) {
      this.progress('switch', this.source.folder, 0, 0);
      await this.card.use(this.source.folder, this.waiting);
    }
    const card = await this.card.space(this.source.folder, this.waiting);
    const elapsedUs = this.console.nowUs() - startUs;
    return this.result(changed, elapsedUs, card);
  }

  /** A switch that power cut short is decided already: it goes on, or its remains are thrown away. */
  private async endEarlierSwitch(): Promise<void> {
    const entries = (await this.card.list(this.stage, this.waiting)) ?? [];
    if (!entries.some(({ name }) => name === commitName)) return;
    try {
      await this.card.use(this.source.folder, this.waiting);
    } catch (error) {
      if (!(error instanceof BoardError) || error.details.refusal?.code !== 'bad_card') throw error;
      await this.card.remove(`${this.stage}/${commitName}`, this.waiting);
    }
  }

  /** The manifest last, so that a list cut off anywhere is no whole one. */
  private async readSource(): Promise<WantedFile[]> {
    const names = [...this.source.files].sort((a, b) => Number(a === manifest) - Number(b === manifest));
    if (!names.includes(manifest)) {
      const message = `${this.source.path} has no ${manifest}: export the model again, only such a folder can be provisioned`;
      throw new ConfigError('card-unnamed', message, { path: this.source.path });
    }
    return Promise.all(
      names.map(async (name) => wantedFile(name, await readSourceFile(join(this.source.path, name)))),
    );
  }

  /** How many files the switch has to move. */
  private async stageAll(wanted: readonly WantedFile[]): Promise<number> {
    const staged = new Set(((await this.card.list(this.stage, this.waiting)) ?? []).map(({ name }) => name));
    const present = new Set(
      ((await this.card.list(this.source.folder, this.waiting)) ?? []).map(({ name }) => name),
    );
    const known = new Set([...wanted.map(({ name }) => name), listName]);
    for (const name of staged)
      if (!known.has(name)) await this.card.remove(`${this.stage}/${name}`, this.waiting);
    const changed = await this.findChanged(wanted, present, staged);
    if (changed.length === 0) {
      if (staged.size > 0) await this.clearStage(staged.has(listName));
      return 0;
    }
    await this.requireRoom(changed.filter(({ file }) => !staged.has(file.name)).map(({ file }) => file));
    for (const { file, inUse } of changed) await this.stageFile(file, inUse, staged.has(file.name));
    await this.stageFile(wantedFile(listName, switchList(wanted)), undefined, staged.has(listName));
    return changed.length;
  }

  private async findChanged(
    wanted: readonly WantedFile[],
    present: ReadonlySet<string>,
    staged: ReadonlySet<string>,
  ): Promise<{ file: WantedFile; inUse: FileSum | undefined }[]> {
    const changed: { file: WantedFile; inUse: FileSum | undefined }[] = [];
    for (const file of wanted) {
      this.progress('compare', file.name, 0, file.content.length);
      const inUse = present.has(file.name) ? await this.sum(`${this.source.folder}/${file.name}`) : undefined;
      if (!isSame(file, inUse)) changed.push({ file, inUse });
      else {
        this.blocksEqual += file.hashes.length;
        // Something older would otherwise take the place of what is right.
        if (staged.has(file.name)) await this.card.remove(`${this.stage}/${file.name}`, this.waiting);
      }
    }
    return changed;
  }

  private async clearStage(withList: boolean): Promise<void> {
    if (withList) await this.card.remove(`${this.stage}/${listName}`, this.waiting);
    await this.card.remove(this.stage, this.waiting);
  }

  private async requireRoom(files: readonly WantedFile[]): Promise<void> {
    const { free, cluster } = await this.card.space(undefined, this.waiting);
    const needed = files.reduce(
      (sum, { content }) => sum + Math.ceil(content.length / cluster) * cluster,
      2 * cluster,
    );
    if (needed <= free) return;
    const message = `the card has ${free} bytes free, staging ${this.source.folder} takes ${needed}: free space or use a larger card`;
    throw new InfraError('card-too-full', message, { free, needed });
  }

  /** Sends what is missing of a file, and looks again after a transfer that broke down. */
  private async stageFile(file: WantedFile, inUse: FileSum | undefined, isStaged: boolean): Promise<void> {
    let staged = isStaged ? await this.sum(`${this.stage}/${file.name}`) : undefined;
    for (let attempt = 1; ; attempt++) {
      if (isSame(file, staged)) {
        this.blocksEqual += attempt === 1 ? file.hashes.length : 0;
        return;
      }
      const before = this.counts.payloadBytes;
      try {
        await this.send(file, staged, inUse, attempt === 1);
        return;
      } catch (error) {
        if (this.counts.payloadBytes > before) attempt = 1;
        if (!isPassing(error) || attempt >= fileAttempts) throw error;
        this.counts.retries++;
        await this.card.backToLines(this.waiting);
        staged = await this.sum(`${this.stage}/${file.name}`);
      }
    }
  }

  private async send(
    file: WantedFile,
    staged: FileSum | undefined,
    inUse: FileSum | undefined,
    isFirst: boolean,
  ): Promise<void> {
    const { pieces, sent, kept, staged: equal } = planFile(file, staged, inUse);
    if (isFirst) {
      this.blocksSent += sent;
      this.blocksEqual += kept + equal;
    }
    const target = { folder: this.source.folder, name: file.name, bytes: file.content.length };
    const startUs = this.console.nowUs();
    const onPiece = (piece: PieceFrame): void => this.sentPiece(file, piece);
    await this.card.put(target, pieces, this.counts, { ...this.waiting, onPiece });
    this.transferUs += this.console.nowUs() - startUs;
  }

  private sentPiece(file: WantedFile, piece: PieceFrame): void {
    if (piece.kind === 'data')
      this.progress('send', file.name, piece.offset + piece.payload.length, file.content.length);
  }

  private async sum(path: string): Promise<FileSum | undefined> {
    const found = await this.card.sum(path, this.waiting);
    this.hashesCompared += found?.hashes.length ?? 0;
    return found;
  }

  private get stage(): string {
    return `${this.source.folder}.part`;
  }

  private progress(
    phase: ProvisionProgress['phase'],
    file: string,
    doneBytes: number,
    totalBytes: number,
  ): void {
    this.options.onProgress?.({ phase, file, doneBytes, totalBytes });
  }

  private result(filesChanged: number, elapsedUs: number, card: CardRecord): ProvisionResult {
    const { payloadBytes, wireBytes, retries } = this.counts;
    const { baudRate } = this.console;
    const { blocksSent, blocksEqual, hashesCompared, transferUs } = this;
    const bytesPerSecond = transferUs > 0 ? payloadBytes / (transferUs / 1e6) : 0;
    return {
      filesChanged,
      bytesSent: payloadBytes,
      wireBytes,
      blocksSent,
      blocksEqual,
      hashesCompared,
      retries,
      elapsedUs,
      transferUs,
      baudRate,
      ...(bytesPerSecond > 0 ? { wireEfficiency: bytesPerSecond / (baudRate / 10) } : {}),
      card,
      findings: cardFindings(card),
    };
  }
}

/** What ends with a further look at the card: damage on the way, not a card or a board that fails. */
function isPassing(error: unknown): boolean {
  return isSilence(error) || (error instanceof BoardError && error.details.refusal?.code === 'timeout');
}

/** @throws ConfigError `card-incomplete`: the folder is not what its manifest says, whatever board it was for */
function readSourceFile(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    const message = `cannot read ${path} (${cause.code}), which the folder's ${manifest} names: export the model again`;
    throw new ConfigError('card-incomplete', message, { path, cause });
  });
}
