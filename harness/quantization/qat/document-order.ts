import { randomBits } from '../../model/random-bits.js';

/**
 * A seeded order of `count` documents without end, each once before any comes again: the index of the one at a position. A function of
 * the position alone, so that a training that goes on needs to remember no more than its step.
 */
export function documentOrder(seed: number, count: number): (position: number) => number {
  let epoch = -1;
  let order: Uint32Array = new Uint32Array(count);
  return (position) => {
    const wanted = Math.floor(position / count);
    if (wanted !== epoch) order = shuffled(seed, wanted, count);
    epoch = wanted;
    return order[position % count]!;
  };
}

/** Fisher and Yates; every epoch has its own stream of the seed. */
function shuffled(seed: number, epoch: number, count: number): Uint32Array {
  const bits = randomBits(seed, epoch);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(((bits() >>> 8) / 2 ** 24) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
