/** A set of small integers, 32 to a word. Sets that are combined have the same size. */
export type BitSet = Int32Array;

export function emptySet(size: number): BitSet {
  return new Int32Array((size + 31) >> 5);
}

export function has(set: BitSet, index: number): boolean {
  return ((set[index >> 5]! >>> (index & 31)) & 1) === 1;
}

export function add(set: BitSet, index: number): void {
  set[index >> 5]! |= 1 << (index & 31);
}

export function remove(set: BitSet, index: number): void {
  set[index >> 5]! &= ~(1 << (index & 31));
}

export function setOf(size: number, members: (index: number) => boolean): BitSet {
  const set = emptySet(size);
  for (let index = 0; index < size; index++) if (members(index)) add(set, index);
  return set;
}

/** A new set: of what is in both. */
export function both(a: BitSet, b: BitSet): BitSet {
  return a.map((word, at) => word & b[at]!);
}

/** A new set: of what is in `a` and not in `b`. */
export function without(a: BitSet, b: BitSet): BitSet {
  return a.map((word, at) => word & ~b[at]!);
}

export function sizeOf(set: BitSet): number {
  let size = 0;
  for (const word of set) size += bitsOf(word);
  return size;
}

/** Calls `visit` with each member, in ascending order. */
export function forEach(set: BitSet, visit: (index: number) => void): void {
  for (let at = 0; at < set.length; at++) {
    for (let word = set[at]!; word !== 0; word &= word - 1) visit(at * 32 + lowestBit(word));
  }
}

/** Number of the lowest bit of a word that is not 0. */
export function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

/** Population count by halves (H. S. Warren, Hacker's Delight, 5-1). */
function bitsOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
