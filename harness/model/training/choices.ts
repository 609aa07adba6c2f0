import { randomBits } from '../random-bits.js';
import { log } from './exact-math.js';

/**
 * A seeded stream of choices: the same seed gives the same choices on any machine. `nats` counts what the picks cost: the
 * sum of ln(n) over the picks among n.
 */
export class Choices {
  private readonly bits: () => number;
  nats = 0;

  constructor(seed: number) {
    this.bits = randomBits(seed);
  }

  /** Uniform in [0, 1), 24 bits. */
  uniform(): number {
    return (this.bits() >>> 8) / 16777216;
  }

  /** Uniform integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  pick<T>(options: readonly T[]): T {
    this.nats += log(options.length);
    return options[this.below(options.length)] as T;
  }

  /** One of the ways to say something; only the chosen one is made, so that choices inside the others cost nothing. */
  say(...ways: readonly (string | (() => string))[]): string {
    const way = this.pick(ways);
    return typeof way === 'string' ? way : way();
  }

  /** Different ones of the options, in random order. */
  pickSome<T>(options: readonly T[], count: number): T[] {
    const left = [...options];
    return Array.from({ length: count }, () => {
      const chosen = this.pick(left);
      left.splice(left.indexOf(chosen), 1);
      return chosen;
    });
  }
}
