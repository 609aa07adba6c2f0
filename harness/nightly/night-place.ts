import { ConfigError, InfraError, TokenrackError } from '../errors.js';
import type { Job } from '../farm/jobs/job.js';
import type { BoardStatus, Finished, Place, PlaceRunOptions } from '../farm/place.js';
import { isKeyTrouble } from '../farm/ssh/host-key.js';
import type { RackBoard } from '../rack/rack-schema.js';

export interface NightPlaceOptions {
  readonly name: string;
  readonly boards: readonly RackBoard[];
  /** @throws InfraError when it cannot be reached now; ConfigError, or an InfraError of its host key, when it never will be so */
  readonly open: () => Promise<Place>;
  /** Its jobs wait in line before a board that somebody else has; else they are refused at once. */
  readonly waitsInLine: boolean;
}

/** A place that may not answer: opened when it is first needed, and once more after it was lost. */
export class NightPlace implements AsyncDisposable {
  readonly name: string;
  readonly boards: readonly RackBoard[];
  readonly waitsInLine: boolean;
  /** Why it does not answer; undefined while it does, as far as is known. */
  away: string | undefined;
  /** What somebody has to mend before it can be used at all; it is away then, and not asked again. */
  unusable: TokenrackError | undefined;
  private opened: Promise<Place> | undefined;
  /** Closed under the jobs that used them, and why. */
  private readonly lost = new WeakMap<Promise<Place>, unknown>();

  constructor(private readonly options: NightPlaceOptions) {
    this.name = options.name;
    this.boards = options.boards;
    this.waitsInLine = options.waitsInLine;
  }

  /** Empty, and the place is away, when it does not answer or cannot be used. */
  async status(): Promise<readonly BoardStatus[]> {
    if (this.unusable !== undefined) return [];
    const opening = this.connect();
    try {
      const statuses = await (await opening).status();
      this.away = undefined;
      return statuses;
    } catch (error) {
      await this.lose(opening, error);
      return [];
    }
  }

  /** @throws as `Place.run`; `place-lost` for a place that cannot be reached either, and for one that another job found lost */
  async run(
    job: Job,
    placement: { readonly try: number; readonly boards: readonly RackBoard[] },
    options: PlaceRunOptions,
  ): Promise<Finished> {
    const opening = this.connect();
    try {
      const place = await opening.catch((error: unknown) => {
        throw this.asLost(error);
      });
      return await place.run(job, placement, options);
    } catch (error) {
      const known = this.lost.get(opening);
      if (known !== undefined && !options.signal.aborted) throw known;
      const told = isKeyTrouble(error) ? this.asLost(error) : error;
      if (isLost(told)) await this.lose(opening, error);
      throw told;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const place = await this.opened?.catch(() => undefined);
    await place?.[Symbol.asyncDispose]();
  }

  private connect(): Promise<Place> {
    this.opened ??= this.options.open();
    return this.opened;
  }

  /** Nothing is known of what runs there: that is no failure of a job. */
  private asLost(error: unknown): unknown {
    if (!(error instanceof InfraError) || isLost(error)) return error;
    return new InfraError('place-lost', `${this.name} cannot be reached: ${error.message}`, { cause: error });
  }

  /** A bug of ours ends the night. Whoever finds lost what was found so before loses nothing more. */
  private async lose(opening: Promise<Place>, error: unknown): Promise<void> {
    if (!(error instanceof TokenrackError)) throw error;
    if (this.opened !== opening) return;
    if (error instanceof ConfigError || isKeyTrouble(error)) this.unusable = error;
    this.opened = undefined;
    this.away = error.message;
    this.lost.set(opening, this.asLost(error));
    const place = await opening.catch(() => undefined);
    if (place !== undefined) await closeQuietly(place);
  }
}

function isLost(error: unknown): boolean {
  return error instanceof TokenrackError && error.code === 'place-lost';
}

/** A place that does not answer may not even be left without trouble. */
async function closeQuietly(place: Place): Promise<void> {
  try {
    await place[Symbol.asyncDispose]();
  } catch {
    // it is away: that is known
  }
}
