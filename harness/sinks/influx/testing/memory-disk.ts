import type { NewFile, SpoolFiles } from '../spool-files.js';

interface Content {
  text: string;
  /** What is on the disk for certain; undefined before the first sync. */
  synced: string | undefined;
  changedAt: number;
}

type NameChange =
  | { readonly kind: 'put'; readonly path: string; readonly content: Content }
  | { readonly kind: 'drop'; readonly path: string }
  | { readonly kind: 'move'; readonly from: string; readonly to: string };

/** The process is gone: nothing that it does after that has any effect. */
export class Killed extends Error {}

export interface DiskFaults {
  /** The process dies at that operation, counted from 0; a write is then cut in half. */
  readonly killAt?: number;
  /** These operations find the disk full; a write is then cut in half. */
  readonly full?: (operation: number) => boolean;
}

/**
 * A disk that keeps no more than it promised: over a power cut, content that was not synced is cut short or zeroes, and
 * changes of names since their folder was last synced are there up to some point only.
 */
export class MemoryDisk {
  private names = new Map<string, Content>();
  private lasting = new Map<string, Content>();
  private journal: NameChange[] = [];

  constructor(
    private readonly below: (limit: number) => number,
    private readonly now: () => number,
  ) {}

  /** The disk as one process sees it. */
  process(faults: DiskFaults = {}): SpoolFiles {
    const life = new Life(faults);
    return {
      makeFolder: () => life.step(() => {}),
      create: (path) =>
        life.step(() => {
          if (this.names.has(path)) throw Object.assign(new Error(`EEXIST: ${path}`), { code: 'EEXIST' });
          const content: Content = { text: '', synced: undefined, changedAt: this.now() };
          this.change({ kind: 'put', path, content });
          return this.fileOf(content, life);
        }, true),
      rename: (from, to) => life.step(() => this.change({ kind: 'move', from, to })),
      syncFolder: () =>
        life.step(() => {
          this.lasting = new Map(this.names);
          this.journal = [];
        }),
      remove: (path) => life.step(() => this.change({ kind: 'drop', path })),
      list: (folder) => life.step(() => this.list(folder)),
      read: (path) => life.step(() => this.names.get(path)?.text),
      changedAt: (path) => life.step(() => this.names.get(path)?.changedAt),
      touch: (path) =>
        life.step(() => {
          const content = this.names.get(path);
          if (content !== undefined) content.changedAt = this.now();
        }),
    };
  }

  cutPower(): void {
    const survivors = this.journal.slice(0, this.below(this.journal.length + 1));
    this.names = this.lasting;
    for (const change of survivors) apply(this.names, change);
    for (const content of this.names.values()) {
      content.text = content.synced ?? this.torn(content.text);
      content.synced = content.text;
    }
    this.lasting = new Map(this.names);
    this.journal = [];
  }

  private torn(text: string): string {
    const kept = text.slice(0, this.below(text.length + 1));
    return this.below(2) === 0 ? kept : kept.padEnd(text.length, '\u0000');
  }

  private fileOf(content: Content, life: Life): NewFile {
    return {
      write: (text) =>
        life.write(text, (part) => {
          content.text += part;
          content.changedAt = this.now();
        }),
      sync: () =>
        life.step(() => {
          content.synced = content.text;
        }),
      close: () => life.step(() => {}),
    };
  }

  private change(change: NameChange): void {
    if (change.kind === 'move' && !this.names.has(change.from))
      throw Object.assign(new Error(`ENOENT: ${change.from}`), { code: 'ENOENT' });
    apply(this.names, change);
    this.journal.push(change);
  }

  private list(folder: string): string[] {
    const paths = [...this.names.keys()].filter((path) => path.startsWith(`${folder}/`));
    const names = paths.map((path) => path.slice(folder.length + 1));
    return names.filter((name) => !name.includes('/')).sort();
  }
}

function apply(names: Map<string, Content>, change: NameChange): void {
  if (change.kind === 'put') names.set(change.path, change.content);
  else if (change.kind === 'drop') names.delete(change.path);
  else {
    const content = names.get(change.from);
    if (content !== undefined) names.set(change.to, content);
    names.delete(change.from);
  }
}

/** One process: counts its operations and dies, or finds the disk full, where it is told to. */
class Life {
  private operations = 0;
  private dead = false;

  constructor(private readonly faults: DiskFaults) {}

  async step<T>(act: () => T, needsRoom = false): Promise<T> {
    const operation = this.next();
    if (needsRoom && this.faults.full?.(operation) === true) throw full();
    return act();
  }

  async write(text: string, put: (part: string) => void): Promise<void> {
    const half = text.slice(0, Math.floor(text.length / 2));
    const dying = this.operations === this.faults.killAt;
    const isFull = this.faults.full?.(this.operations) === true;
    if (!this.dead && (dying || isFull)) put(half);
    this.next();
    if (isFull) throw full();
    put(text);
  }

  private next(): number {
    const operation = this.operations++;
    if (operation === this.faults.killAt) this.dead = true;
    if (this.dead) throw new Killed(`killed at operation ${this.faults.killAt}`);
    return operation;
  }
}

function full(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
}
