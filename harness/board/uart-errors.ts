import { patternLineBytes } from './pattern-line.js';

/** How reliably one direction of the wire carries the probe's pattern. */
export interface UartDirection {
  readonly bytes: number;
  readonly damaged_lines: number;
  /** Errors per byte, from whole lines that arrived right. */
  readonly error_rate: number;
  /** 95% upper bound of it. */
  readonly error_rate_at_most: number;
}

/** The fewest errors that leave none seen with 5% probability: -ln(0.05). */
const unseenErrors = 2.996;

/**
 * Errors per byte from lines that arrived whole: a line of n bytes does so with probability (1 - rate)^n.
 * @param lines that were sent, at least one
 */
export function uartDirection(lines: number, goodLines: number): UartDirection {
  const bytes = lines * patternLineBytes;
  const damaged = lines - goodLines;
  const rate = 1 - ((lines - damaged) / lines) ** (1 / patternLineBytes);
  const atMost = 1 - Math.max(0, 1 - upperDamaged(damaged) / lines) ** (1 / patternLineBytes);
  return { bytes, damaged_lines: damaged, error_rate: rate, error_rate_at_most: atMost };
}

/** 95% one-sided upper bound of a Poisson count (Wilson-Hilferty's approximation of chi-square; exact for 0). */
function upperDamaged(count: number): number {
  if (count === 0) return unseenErrors;
  const k = count + 1;
  return k * (1 - 1 / (9 * k) + 1.645 / (3 * Math.sqrt(k))) ** 3;
}
