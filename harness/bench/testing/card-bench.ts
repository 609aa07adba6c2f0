import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BoardConsole } from '../../board/console.js';
import type { CardSource } from '../../board/provision.js';
import { hostTimers } from '../../board/timers.js';
import { buildVirtualFirmware } from '../../build/virtual-firmware.js';
import { openLink } from '../../link/link.js';
import { type PluggedBoard, plugIn, virtualPath } from '../../link/virtual-ports.js';
import { flashFileOf } from '../../virtual/testing/probe-flash.js';
import {
  createVirtualBoard,
  type VirtualBoard,
  type VirtualBoardOptions,
} from '../../virtual/virtual-board.js';

export interface CardSession {
  readonly console: BoardConsole;
  readonly board: VirtualBoard;
}

/** How a board lives from power to power. */
export type LifeOptions = Partial<VirtualBoardOptions> & {
  readonly baudRate?: number;
  readonly wire?: (board: VirtualBoard) => PluggedBoard;
};

/** A virtual board whose card lasts over power cuts, for tests: a folder with flash, a card, and wanted content. */
export class CardBench implements AsyncDisposable {
  /** Over all benches: a board that an earlier test left plugged in keeps its name. */
  private static lives = 0;

  private constructor(
    readonly folder: string,
    readonly flashFile: string,
  ) {}

  static async make(): Promise<CardBench> {
    const folder = await mkdtemp(join(tmpdir(), 'tokenrack-card-'));
    await mkdir(join(folder, 'card'));
    return new CardBench(folder, flashFileOf(await buildVirtualFirmware(), folder));
  }

  /** The card as a person with a reader sees it. */
  get card(): string {
    return join(this.folder, 'card');
  }

  async wipe(): Promise<void> {
    await rm(this.card, { recursive: true });
    await mkdir(this.card);
  }

  async copyCard(to: string): Promise<string> {
    const copy = join(this.folder, to);
    await cp(this.card, copy, { recursive: true });
    return copy;
  }

  /** Powers a board and opens a session; the power is cut when that is disposed of. */
  async open(options: LifeOptions = {}): Promise<CardSession & AsyncDisposable> {
    const { baudRate = 921_600, wire = (board: VirtualBoard) => board, ...more } = options;
    const name = `card-${++CardBench.lives}`;
    const shape = { name, mac: '24:6f:28:00:0d:01', flashFile: this.flashFile, cardFolder: this.card };
    const board = createVirtualBoard({ ...shape, cardWritable: true, ...more });
    const unplug = plugIn(wire(board));
    const link = await openLink(virtualPath(name), { baudRate: 115_200 });
    const timers = { ...hostTimers, nowUs: () => link.arrivalUs() };
    const console = new BoardConsole(link.stream, { board: name, timers });
    const end = async (): Promise<void> => {
      await console.close();
      await link.close();
      unplug();
      await board.close();
    };
    try {
      await console.restart();
      await console.hello();
      if (baudRate !== 115_200) await console.baud(baudRate);
      return { console, board, [Symbol.asyncDispose]: end };
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** One life of a board: `act` has a session, and the power is cut afterwards. */
  async withBoard<T>(act: (session: CardSession) => Promise<T>, options: LifeOptions = {}): Promise<T> {
    await using session = await this.open(options);
    return await act(session);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/** A folder of the host as `provision` wants it named. */
export async function cardSource(path: string, folder: string): Promise<CardSource> {
  return { path, folder, files: await readdir(path) };
}

/** Names and content of a folder, for comparing; absent when there is none. */
export async function contentOf(folder: string): Promise<Record<string, string> | undefined> {
  const names = await readdir(folder).catch(() => undefined);
  if (names === undefined) return undefined;
  const pairs = names
    .sort()
    .map(async (name) => [name, (await readFile(join(folder, name))).toString('base64')] as const);
  return Object.fromEntries(await Promise.all(pairs));
}
