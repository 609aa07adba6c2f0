import { InfraError, TokenrackError, toTokenrackError } from '../errors.js';
import type { Job } from '../farm/jobs/job.js';
import type { PlaceRunOptions } from '../farm/place.js';
import type { RackBoard } from '../rack/rack-schema.js';
import type { TryEnd } from './after-try.js';
import type { NightPlace } from './night-place.js';

/** A start of a job, as the ledger has it. */
export interface PlacedTry {
  readonly job: Job;
  readonly try: number;
  /** Name. */
  readonly place: string;
  readonly macs: readonly string[];
  /** Those of the MACs that the rack still has. */
  readonly boards: readonly RackBoard[];
}

/**
 * Runs or joins a try. Whatever goes wrong is how it ended.
 * @throws what the system says of this machine, such as a full disk: no job ends by that, and every other would meet it too
 */
export async function runTry(
  { job, try: number, place: name, macs, boards }: PlacedTry,
  places: readonly NightPlace[],
  options: PlaceRunOptions,
): Promise<TryEnd> {
  const place = places.find((one) => one.name === name);
  try {
    if (place === undefined || boards.length < macs.length) throw gone(name, macs);
    return { finished: await place.run(job, { try: number, boards }, options) };
  } catch (error) {
    const isOurs = error instanceof TokenrackError;
    if (!isOurs && toTokenrackError(error) !== undefined) throw error;
    return { error };
  }
}

/** A place or boards that an earlier controller used, and that the rack does not have any more. */
function gone(place: string, macs: readonly string[]): InfraError {
  const message = `${place} with ${macs.join(', ')} is not in the rack any more`;
  return new InfraError('place-lost', message, { place });
}
