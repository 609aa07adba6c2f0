import { closeSync, ftruncateSync, openSync, readSync, realpathSync, statSync, writeSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { CounterBlock } from './board-counters.js';
import { cardErrors } from './card-errors.js';
import { type CardFault, faultsIn, meetsFault } from './card-faults.js';
import { CardTree } from './card-tree.js';
import { UnsyncedWrites } from './unsynced-writes.js';

export { cardErrors };

/** Files that the firmware may have open at a time (tl_hal.h). */
const maxOpenFiles = 14;

/** Bytes of a card that nobody chose: 8 GB. */
const defaultCardBytes = 8_000_000_000;

interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
  readonly bytes: number;
  readonly faults: readonly CardFault[];
}

/** What the card in the slot is like, beside its content. */
export interface CardTraits {
  /** Of the volume; default 8 GB. */
  readonly bytes?: number | undefined;
  readonly faults?: readonly CardFault[] | undefined;
}

/** A request that was accepted: what it reads, and whether the card had to go somewhere else for it. */
export interface CardRequest {
  readonly handle: number;
  readonly offset: number;
  readonly bytes: number;
  readonly contiguous: boolean;
}

/**
 * An SD card whose content is a folder of the host: files below the folder. Every file is taken as
 * contiguous on the card (provisioning checks that on a real one), so a read is a seek exactly when it does not start
 * where the previous read of the card ended. Counts reads, seeks and bytes by itself.
 */
export class Card {
  readonly #root: string;
  readonly #counters: CounterBlock;
  readonly #faults: readonly CardFault[];
  readonly #files = new Map<number, OpenFile>();
  readonly #unsynced = new UnsyncedWrites();
  /** Names, folders and space. */
  readonly tree: CardTree;
  #nextHandle = 0;
  #position: { readonly path: string; readonly offset: number } | undefined;

  private constructor(root: string, counters: CounterBlock, traits: CardTraits) {
    this.#root = root;
    this.tree = new CardTree(root, traits.bytes ?? defaultCardBytes);
    this.#counters = counters;
    this.#faults = traits.faults ?? [];
  }

  /** The card in the slot; absent when the folder is missing, as an empty slot is. */
  static insert(folder: string, counters: CounterBlock, traits: CardTraits = {}): Card | undefined {
    const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
    return isFolder ? new Card(realpathSync(folder), counters, traits) : undefined;
  }

  /**
   * A handle for `path` below the card's root, or `noFile`, or `readError` when too many files are open. A path with `..`, or a link that leads out of the folder, is no
   * file of it.
   */
  open(path: string): number {
    if (this.#files.size >= maxOpenFiles) return cardErrors.readError;
    const file = this.#openFile(path);
    if (file === undefined) return cardErrors.noFile;
    const handle = this.#nextHandle++;
    this.#files.set(handle, file);
    return handle;
  }

  /** Opens a file for reading and writing that is `bytes` long from now on: a handle, `full`, `noFolder` or `readError`. */
  create(path: string, bytes: number): number {
    if (this.#files.size >= maxOpenFiles) return cardErrors.readError;
    const place = this.tree.place(path);
    if (place === undefined) return cardErrors.noFolder;
    const old = statSync(place, { throwIfNoEntry: false });
    if (old !== undefined && !old.isFile()) return cardErrors.readError;
    if (!this.tree.hasRoom(old?.size ?? 0, bytes)) return cardErrors.full;
    try {
      const descriptor = openSync(place, old === undefined ? 'w+' : 'r+');
      ftruncateSync(descriptor, bytes);
      const handle = this.#nextHandle++;
      this.#files.set(handle, { path: place, descriptor, bytes, faults: faultsIn(path, this.#faults) });
      return handle;
    } catch {
      return cardErrors.readError;
    }
  }

  /** Whether a write would not start where the card is; absent when it is none of a file that is open. */
  writeShape(handle: number, offset: number, bytes: number): { readonly contiguous: boolean } | undefined {
    const file = this.#files.get(handle);
    if (file === undefined || offset + bytes > file.bytes) return undefined;
    return { contiguous: this.#position?.path === file.path && this.#position.offset === offset };
  }

  /** Writes what `writeShape` accepted. False when the host's file let us down. */
  write(handle: number, offset: number, data: Uint8Array): boolean {
    const file = this.#files.get(handle);
    if (file === undefined) return false;
    const before = new Uint8Array(data.length);
    try {
      readSync(file.descriptor, before, 0, before.length, offset);
      this.#unsynced.note(file.descriptor, offset, before);
      writeSync(file.descriptor, data, 0, data.length, offset);
    } catch {
      return false;
    }
    this.#position = { path: file.path, offset: offset + data.length };
    return true;
  }

  /** What was written to a file lasts from now on. False when it is not open. */
  sync(handle: number): boolean {
    const file = this.#files.get(handle);
    if (file === undefined) return false;
    this.#unsynced.forget(file.descriptor);
    return true;
  }

  /** The power is gone: of what was not synced, `random` chooses what is there. */
  losePower(random: () => number): void {
    this.#unsynced.lose(random);
  }

  /** Absent for a handle that is not open. */
  size(handle: number): number | undefined {
    return this.#files.get(handle)?.bytes;
  }

  /** Accepts and counts a read, or says `readError` (no such handle) or `pastEnd`. */
  request(handle: number, offset: number, bytes: number): CardRequest | number {
    const file = this.#files.get(handle);
    if (file === undefined) return cardErrors.readError;
    if (offset + bytes > file.bytes) return cardErrors.pastEnd;
    const contiguous = this.#position?.path === file.path && this.#position.offset === offset;
    this.#position = { path: file.path, offset: offset + bytes };
    this.#counters.add('cardReads', 1);
    this.#counters.add('cardBytes', bytes);
    if (!contiguous) this.#counters.add('cardSeeks', 1);
    return { handle, offset, bytes, contiguous };
  }

  /** Puts the bytes of a request into `target`, which is as long; false when a sector is bad, or the host's file let us down. */
  transfer(request: CardRequest, target: Uint8Array): boolean {
    const file = this.#files.get(request.handle);
    if (file === undefined || meetsFault(file.faults, request)) return false;
    for (let done = 0; done < request.bytes; ) {
      const got = readPiece(file.descriptor, target, done, request.offset + done);
      if (got <= 0) return false;
      done += got;
    }
    return true;
  }

  close(handle: number): void {
    const file = this.#files.get(handle);
    if (file === undefined) return;
    this.#unsynced.forget(file.descriptor);
    closeSync(file.descriptor);
    this.#files.delete(handle);
  }

  /** Takes the card out: every handle is gone. */
  eject(): void {
    for (const handle of [...this.#files.keys()]) this.close(handle);
    this.#position = undefined;
  }

  #openFile(path: string): OpenFile | undefined {
    if (path.split('/').includes('..')) return undefined;
    try {
      const real = realpathSync(join(this.#root, path));
      if (!real.startsWith(this.#root + sep) || !statSync(real).isFile()) return undefined;
      const faults = faultsIn(path, this.#faults);
      return { path: real, descriptor: openSync(real, 'r'), bytes: statSync(real).size, faults };
    } catch {
      return undefined;
    }
  }
}

function readPiece(descriptor: number, target: Uint8Array, done: number, position: number): number {
  try {
    return readSync(descriptor, target, done, target.length - done, position);
  } catch {
    return -1;
  }
}
