/** The chip's memories. What the firmware never declared (static data, stack) lies in internal RAM. */
export type Region = 'internal' | 'psram' | 'flash';

/** The memories that the firmware makes room for in its linear memory, by the ABI's `kind`. */
export const arenaKinds = ['internal', 'psram', 'flash', 'internalUpper'] as const;
export type ArenaKind = (typeof arenaKinds)[number];

export interface Arena {
  readonly kind: ArenaKind;
  readonly start: number;
  readonly end: number;
}

/** Which of the chip's memories an address of the firmware's linear memory stands for. */
export class MemoryMap {
  readonly #sizes: Readonly<Record<ArenaKind, number>>;
  readonly #arenas: Arena[] = [];

  /** `sizes`: the bytes the board has of each. */
  constructor(sizes: Readonly<Record<ArenaKind, number>>) {
    this.#sizes = sizes;
  }

  size(kind: ArenaKind): number {
    return this.#sizes[kind];
  }

  /** @throws RangeError when the memory is declared twice, is larger than the board's, or overlaps another. */
  declare(kind: ArenaKind, start: number, bytes: number): void {
    const arena = { kind, start, end: start + bytes };
    if (bytes > this.#sizes[kind]) {
      throw new RangeError(`region: ${bytes} bytes of ${kind} memory; the board has ${this.#sizes[kind]}`);
    }
    for (const other of this.#arenas) {
      if (other.kind === kind) throw new RangeError(`region: ${kind} memory declared twice`);
      if (arena.start < other.end && other.start < arena.end) {
        throw new RangeError(`region: ${kind} memory overlaps ${other.kind} memory`);
      }
    }
    this.#arenas.push(arena);
  }

  regionOf(address: number): Region {
    const kind = this.arenaAt(address)?.kind;
    return kind === undefined || kind === 'internalUpper' ? 'internal' : kind;
  }

  /** The declared memory that an address lies in. */
  arenaAt(address: number): Arena | undefined {
    return this.#arenas.find((arena) => address >= arena.start && address < arena.end);
  }
}
