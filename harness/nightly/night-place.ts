import { ConfigError, TokenrackError } from '../errors.js';
import type { Job } from '../farm/jobs/job.js';
import type { BoardStatus, Finished, Place, PlaceRunOptions } from '../farm/place.js';
import type { RackBoard } from '../rack/rack-schema.js';

export interface NightPlaceOptions {
  readonly name: string;
  readonly boards: readonly RackBoard[];
  /** @throws InfraError when it cannot be reached now, ConfigError when it never will be so */
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
  private opened: Promise<Place> | undefined;

  constructor(private readonly options: NightPlaceOptions) {
    this.name = options.name;
    this.boards = options.boards;
    this.waitsInLine = options.waitsInLine;
  }

  /** Empty, and the place is away, when it does not answer. @throws ConfigError */
  async status(): Promise<readonly BoardStatus[]> {
    try {
      const statuses = await (await this.connect()).status();
      this.away = undefined;
      return statuses;
    } catch (error) {
      await this.lose(error);
      return [];
    }
  }

  async run(
    job: Job,
    placement: { readonly try: number; readonly boards: readonly RackBoard[] },
    options: PlaceRunOptions,
  ): Promise<Finished> {
    try {
      return await (await this.connect()).run(job, placement, options);
    } catch (error) {
      if (error instanceof TokenrackError && error.code === 'place-lost') await this.lose(error);
      throw error;
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

  /** What cannot be mended by trying again ends the night. */
  private async lose(error: unknown): Promise<void> {
    if (error instanceof ConfigError || !(error instanceof TokenrackError)) throw error;
    this.away = error.message;
    const place = await this.opened?.catch(() => undefined);
    this.opened = undefined;
    if (place !== undefined) await closeQuietly(place);
  }
}

/** A place that does not answer may not even be left without trouble. */
async function closeQuietly(place: Place): Promise<void> {
  try {
    await place[Symbol.asyncDispose]();
  } catch {
    // it is away: that is known
  }
}
