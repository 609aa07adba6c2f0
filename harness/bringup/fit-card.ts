import { leastSquares } from '../stats/least-squares.js';
import type { CostSettings } from '../virtual/cost-model.js';
import type { CardSample } from './bringup-record.js';

export interface CardFit {
  /** Microseconds of a request, whatever its size. The cost table has no entry for it. */
  readonly readUs: number;
  /** Microseconds a byte into internal RAM. */
  readonly byteUs: number;
  /** Microseconds that a byte into PSRAM takes more; absent without samples there. */
  readonly psramByteUs?: number;
  /** Microseconds that a read takes more when it does not start where the one before ended. */
  readonly seekUs: number;
  readonly worstRelativeError: number;
}

/** Reads as the core makes them: reads * fixed + bytes * byte + PSRAM bytes * extra + seeks * seek. */
export function fitCard(samples: readonly CardSample[]): CardFit | undefined {
  const used = samples.filter((sample) => sample.bounce === undefined);
  const withPsram = used.some((sample) => sample.memory === 'psram');
  const rows = used.map(({ reads, bytes, seeks, memory }) => [
    reads,
    bytes,
    seeks,
    ...(withPsram ? [memory === 'psram' ? bytes : 0] : []),
  ]);
  const fit = leastSquares(
    rows,
    used.map((sample) => sample.us),
  );
  if (fit === undefined) return undefined;
  const [readUs, byteUs, seekUs, psramByteUs] = fit.coefficients as [number, number, number, number?];
  const { worstRelativeError } = fit;
  return {
    readUs,
    byteUs,
    seekUs,
    worstRelativeError,
    ...(psramByteUs === undefined ? {} : { psramByteUs }),
  };
}

/** Below this part of the rate into internal RAM, reads into PSRAM do not pass through a buffer: a copy is not as slow. */
const directRatio = 1 / 4;

/**
 * What the card's figures mean on a board of which nobody says how it is wired: four data lines when they move
 * more than one can at high speed (50 MHz), PSRAM without a bounce buffer when it crawls. The link map is taken to be there.
 */
export function inferWiring(fit: CardFit | undefined): CostSettings {
  if (fit === undefined) return { cardMode: '1-bit', bounceBuffer: true, fastSeek: true };
  const intoPsram = fit.byteUs / (fit.byteUs + Math.max(0, fit.psramByteUs ?? 0));
  return {
    cardMode: 1 / fit.byteUs > 50 / 8 ? '4-bit' : '1-bit',
    bounceBuffer: intoPsram >= directRatio,
    fastSeek: true,
  };
}
