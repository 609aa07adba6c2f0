/** One generation to make. `repeat` 0 marks a warm-up. */
export interface Turn {
  readonly prompt: number;
  readonly repeat: number;
}

/**
 * Warm-ups, then `repeats` rounds over all prompts, each round in its own seeded random order, so that no prompt
 * always follows the same one (MEASURING "One run"). The same seed gives the same order everywhere.
 */
export function promptOrder(prompts: number, repeats: number, warmups: number, seed: number): Turn[] {
  const random = splitMix32(seed);
  const turns: Turn[] = Array.from({ length: warmups }, (_, index) => ({
    prompt: index % prompts,
    repeat: 0,
  }));
  for (let repeat = 1; repeat <= repeats; repeat++) {
    for (const prompt of shuffled(prompts, random)) turns.push({ prompt, repeat });
  }
  return turns;
}

/** Fisher-Yates over 0 .. count - 1. */
function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const other = random() % (last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** SplitMix32: uint32 draws from a uint32 seed. */
function splitMix32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
}
