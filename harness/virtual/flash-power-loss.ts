/** Uniform in 0 .. 1, the same sequence for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Before its erase pulse a NOR chip programs all cells to 0, so that they age alike; about this part of the time. */
const preprogramPart = 0.2;

/**
 * What is left of a page program that lost power after `part` of its time: the bytes before that are programmed, in one
 * some bits are, the rest is as it was. Only ever clears bits.
 */
export function halfProgrammed(
  before: Uint8Array,
  data: Uint8Array,
  part: number,
  random: () => number,
): Uint8Array {
  const whole = Math.floor(part * data.length);
  return before.map((byte, at) => {
    if (at > whole) return byte;
    return at < whole ? byte & data[at]! : byte & (data[at]! | Math.floor(random() * 256));
  });
}

/**
 * What is left of an erase that lost power after `part` of its time: while the chip still pre-programs, ever more bits
 * are 0; then ever more are 1. Which ones is the seed's secret: nothing that was in the sector may be relied on, and
 * nothing says that it is erased.
 */
export function halfErased(before: Uint8Array, part: number, random: () => number): Uint8Array {
  if (part <= 0) return before.slice();
  if (part < preprogramPart)
    return before.map((byte) => byte & ~bitsWithChance(part / preprogramPart, random));
  const erased = (part - preprogramPart) / (1 - preprogramPart);
  return before.map(() => bitsWithChance(erased, random));
}

function bitsWithChance(chance: number, random: () => number): number {
  let bits = 0;
  for (let bit = 0; bit < 8; bit++) if (random() < chance) bits |= 1 << bit;
  return bits;
}
