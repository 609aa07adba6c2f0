import type { NightBoards } from './night-boards.js';

/** Asks places that are away, in the background: it may take them long to say nothing. */
export class AwayPlaces {
  private asks = false;

  constructor(
    private readonly boards: NightBoards,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Does nothing while they are being asked. */
  ask(): void {
    const away = this.boards.places.filter((place) => place.away !== undefined);
    if (away.length === 0 || this.asks) return;
    this.asks = true;
    void this.boards
      .refresh(away)
      .catch(this.onError)
      .finally(() => {
        this.asks = false;
      });
  }
}
