/**
 * The board's time in virtual microseconds. It moves only when somebody charges it: no timer, no wall clock.
 * `totalUs` runs on over resets and stamps what reaches the host; the firmware sees the time since its last reset.
 */
export class VirtualClock {
  #totalUs: number;
  #resetAtUs: number;
  readonly #onAdvance: (totalUs: number) => void;

  /** `onAdvance` is told each new total; it may block (real pace) or throw (a reset arrived meanwhile). */
  constructor(startUs = 0, onAdvance: (totalUs: number) => void = () => {}) {
    this.#totalUs = startUs;
    this.#resetAtUs = startUs;
    this.#onAdvance = onAdvance;
  }

  get totalUs(): number {
    return this.#totalUs;
  }

  get sinceResetUs(): number {
    return this.#totalUs - this.#resetAtUs;
  }

  /** @throws RangeError for an amount that is negative or not finite. */
  advance(us: number): void {
    if (!(us >= 0 && us < Number.POSITIVE_INFINITY))
      throw new RangeError(`the clock cannot advance by ${us} us`);
    this.advanceTo(this.#totalUs + us);
  }

  /** Moves on to `totalUs`; a time that has passed already changes nothing. */
  advanceTo(totalUs: number): void {
    if (!(totalUs > this.#totalUs)) return;
    this.#totalUs = totalUs;
    this.#onAdvance(totalUs);
  }

  /** The chip was reset now: its own time starts again at 0. */
  restart(): void {
    this.#resetAtUs = this.#totalUs;
  }
}
