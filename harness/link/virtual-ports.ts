import { ConfigError } from '../errors.js';
import type { VirtualBoard } from '../virtual/virtual-board.js';

/** What a virtual port needs of a board. */
export type PluggedBoard = Pick<
  VirtualBoard,
  'name' | 'mac' | 'write' | 'onBytes' | 'onGone' | 'setLines' | 'setBaud'
>;

interface Slot {
  readonly board: PluggedBoard;
  /** Tells the port that is open on this board that the cable is out. */
  unplugged: (() => void) | undefined;
}

/** The process's USB sockets: like a machine's serial ports there is one set of them. */
const slots = new Map<string, Slot>();

const scheme = 'virtual:';

export function isVirtualPath(path: string): boolean {
  return path.startsWith(scheme);
}

export function virtualPath(name: string): string {
  return scheme + name;
}

/**
 * Makes a board reachable as `virtual:NAME`. Returns what pulls its cable out: an open port on it is then disconnected.
 * @throws ConfigError `port-name-taken`
 */
export function plugIn(board: PluggedBoard): () => void {
  const path = virtualPath(board.name);
  if (slots.has(path)) {
    throw new ConfigError(
      'port-name-taken',
      `${path} is there already; give each virtual board its own name`,
      { path },
    );
  }
  const slot: Slot = { board, unplugged: undefined };
  slots.set(path, slot);
  return () => {
    if (slots.get(path) === slot) slots.delete(path);
    slot.unplugged?.();
  };
}

export function pluggedBoards(): PluggedBoard[] {
  return [...slots.values()].map(({ board }) => board);
}

export interface ClaimedBoard {
  readonly board: PluggedBoard;
  release(): void;
}

/**
 * Takes a port for its only user; `unplugged` is called when the cable comes out.
 * @throws Error in the words of the real binding on Linux, for a path that is not there or is in use
 */
export function claim(path: string, unplugged: () => void): ClaimedBoard {
  const slot = slots.get(path);
  if (slot === undefined) throw new Error(`Error: No such file or directory, cannot open ${path}`);
  if (slot.unplugged !== undefined)
    throw new Error('Error Resource temporarily unavailable Cannot lock port');
  slot.unplugged = unplugged;
  const release = () => {
    if (slot.unplugged === unplugged) slot.unplugged = undefined;
  };
  return { board: slot.board, release };
}
