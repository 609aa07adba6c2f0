import { randomBits } from '../model/random-bits.js';

/** How much slower than modelled, as a factor of a time: 1 is as modelled. */
export type SlowDown = () => number;

export interface NoiseSource {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}

/** The same draws for the same seed and stream, everywhere. */
export function noiseSource(seed: number, stream: number): NoiseSource {
  const bits = randomBits(seed, stream);
  const uniform = (): number => bits() / 2 ** 32;
  return {
    uniform,
    // Box and Muller's transform; 1 - u keeps the logarithm from 0.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}

/**
 * The noise model of simulated nights (MEASURING): repeats vary by 1.5%, a board's night by 0.5%, 2% of samples take 1.5 times
 * as long, and a night drifts by 1% from its first run to its last. `hour` is where in the night the run stands, 0 .. 1.
 */
export function slowDownOf(source: NoiseSource, boardNight: number, hour: number): SlowDown {
  const base = (1 + 0.005 * boardNight) * (1 + 0.01 * hour);
  return () => base * (1 + 0.015 * source.normal()) * (source.uniform() < 0.02 ? 1.5 : 1);
}
