import type { UartDirection, UartRate } from './bringup-record.js';
import { patternLineBytes } from './pattern-line.js';

/** A machine line of the bench protocol, on average: what an error costs is the line that it is in. */
const usualLineBytes = 200;

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

/** The rate that carries most whole lines a second, both ways; 115200 when none is known to. */
export function recommendBaud(rates: readonly UartRate[]): number {
  let best = { baud: 115_200, bytesPerSecond: 0 };
  for (const rate of rates) {
    const bytesPerSecond = goodput(rate);
    if (bytesPerSecond > best.bytesPerSecond) best = { baud: rate.baud, bytesPerSecond };
  }
  return best.baud;
}

function goodput({ baud, to_board: to, from_board: from }: UartRate): number {
  if (to === undefined || from === undefined) return 0;
  const intact = (1 - to.error_rate) * (1 - from.error_rate);
  return (baud / 10) * intact ** usualLineBytes;
}
