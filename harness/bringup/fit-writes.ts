import { leastSquares } from '../stats/least-squares.js';
import type { Observations } from './bringup-record.js';

export interface WriteFit {
  /** Bytes that the driver takes at once, of an empty line. */
  readonly fifoBytes: number;
  /** Microseconds of a byte on the wire; 86.8 at 115200 baud. */
  readonly byteUs: number;
}

/** An output is taken in when all but the FIFO's content has left: us = (bytes - fifo) * byte. */
export function fitWrites(writes: Observations['writes']): WriteFit | undefined {
  const fit = leastSquares(
    writes.map(({ bytes }) => [1, bytes]),
    writes.map(({ us }) => us),
  );
  if (fit === undefined) return undefined;
  const [offsetUs, byteUs] = fit.coefficients as [number, number];
  return byteUs > 0 ? { fifoBytes: -offsetUs / byteUs, byteUs } : undefined;
}
