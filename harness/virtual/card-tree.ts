import {
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { cardErrors } from './card-errors.js';

/** Clusters of a FAT32 card as cards are sold, from 8 to 32 GB. */
const clusterBytes = 32_768;

/** What `CardTree.entry` says of a folder instead of its size. */
const isFolder = -10;

/** Names and folders of a card that is a folder of the host. Every change is one step: it has happened or not. */
export class CardTree {
  readonly #root: string;
  readonly #totalBytes: number;

  /** `root` is its real path. */
  constructor(root: string, totalBytes: number) {
    this.#root = root;
    this.#totalBytes = totalBytes;
  }

  /** Where a path of the card lies on the host, whether or not something is there; absent when it leads out of the card. */
  place(path: string): string | undefined {
    if (path.includes('\0') || path.split('/').some((part) => part === '..' || part === '')) return undefined;
    const full = join(this.#root, path);
    try {
      const parent = realpathSync(dirname(full));
      if (parent !== this.#root && !parent.startsWith(this.#root + sep)) return undefined;
      return lstatSync(full, { throwIfNoEntry: false })?.isSymbolicLink() === true
        ? undefined
        : join(parent, basename(full));
    } catch {
      return undefined;
    }
  }

  rename(from: string, to: string): number {
    const source = this.place(from);
    const target = this.place(to);
    if (source === undefined || !exists(source)) return cardErrors.noFile;
    if (target === undefined) return cardErrors.readError;
    if (exists(target)) return cardErrors.exists;
    return attempt(() => renameSync(source, target));
  }

  remove(path: string): number {
    const place = this.place(path);
    if (place === undefined || !exists(place)) return cardErrors.noFile;
    return attempt(() => (statSync(place).isDirectory() ? rmdirSync(place) : unlinkSync(place)));
  }

  makeFolder(path: string): number {
    const place = this.place(path);
    if (place === undefined) return cardErrors.readError;
    if (exists(place)) return statSync(place).isDirectory() ? 0 : cardErrors.readError;
    if (this.freeBytes() < clusterBytes) return cardErrors.full;
    return attempt(() => mkdirSync(place));
  }

  /** The entry `index` of a folder, by name, and its size; or an error, or `isFolder`. */
  entry(folder: string, index: number): { readonly name: string; readonly said: number } {
    const place = folder === '' ? this.#root : this.place(folder);
    if (place === undefined || !isDirectory(place)) return { name: '', said: cardErrors.noFolder };
    const name = readdirSync(place).sort()[index];
    if (name === undefined) return { name: '', said: cardErrors.noFile };
    const found = statSync(join(place, name));
    return { name, said: found.isDirectory() ? isFolder : found.size };
  }

  /** By the number of ABI.md's `card_space`. @throws RangeError for one that it does not have */
  space(what: number): number {
    const figures = [() => this.#totalBytes, () => this.freeBytes(), () => clusterBytes, () => 32];
    const figure = figures[what];
    if (figure === undefined) throw new RangeError(`card_space has no figure ${what}`);
    return figure();
  }

  freeBytes(): number {
    return Math.max(0, this.#totalBytes - usedBytes(this.#root));
  }

  /** Whether a file may grow (or begin) so. */
  hasRoom(oldBytes: number, newBytes: number): boolean {
    return clusters(newBytes) - clusters(oldBytes) <= this.freeBytes();
  }

  /** Stretches of a file: this card has room enough to keep every file in one. */
  fragments(path: string): number {
    const place = this.place(path);
    const found = place === undefined ? undefined : statSync(place, { throwIfNoEntry: false });
    if (found?.isFile() !== true) return cardErrors.noFile;
    return found.size === 0 ? 0 : 1;
  }
}

function clusters(bytes: number): number {
  return Math.ceil(bytes / clusterBytes) * clusterBytes;
}

/** A folder takes a cluster of its own. */
function usedBytes(folder: string): number {
  let used = clusterBytes;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) used += usedBytes(path);
    else if (entry.isFile()) used += clusters(statSync(path).size);
  }
  return used;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function attempt(change: () => void): number {
  try {
    change();
    return 0;
  } catch {
    return cardErrors.readError;
  }
}
