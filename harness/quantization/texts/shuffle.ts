import { createDraws } from '../../reference/sampler.js';

/** All of `items` in an order that the seed decides. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const draw = createDraws(seed);
  const mixed = [...items];
  for (let i = mixed.length - 1; i > 0; i--) {
    const other = Math.floor(draw() * (i + 1));
    [mixed[i], mixed[other]] = [mixed[other]!, mixed[i]!];
  }
  return mixed;
}
