import type { VirtualClock } from './clock.js';
import { type CoreLoad, sectionUs } from './two-cores.js';

const idle: CoreLoad = { us: 0, busUs: 0 };

/**
 * Whose time compute is charged to, in one life of an app: the board's, or in a parallel section that of the core at
 * work, which starts where the section began. The board's own clock stands still in a section and joins at its end,
 * so that it never runs backwards. Calls out of order throw a RangeError.
 */
export class CoreClocks {
  readonly #clock: VirtualClock;
  readonly #switchUs: number;
  /** Of the cores that had their turn in the section; the last one is at work. Absent: no section. */
  #loads: [CoreLoad] | [CoreLoad, CoreLoad] | undefined;

  /** `switchUs`: what a section takes besides the work of both cores. */
  constructor(clock: VirtualClock, switchUs: number) {
    this.#clock = clock;
    this.#switchUs = switchUs;
  }

  get inSection(): boolean {
    return this.#loads !== undefined;
  }

  /** The time of the core at work since the chip's reset. */
  get sinceResetUs(): number {
    const { us } = this.#loads?.at(-1) ?? idle;
    return this.#clock.sinceResetUs + us;
  }

  begin(): void {
    if (this.#loads) throw new RangeError('a parallel section has begun already');
    this.#loads = [idle];
  }

  /** The second core's turn. */
  switch(): void {
    const loads = this.#section();
    if (loads.length === 2) throw new RangeError('there is no third core');
    this.#loads = [loads[0], idle];
  }

  end(): void {
    const loads = this.#section();
    if (loads.length === 1) throw new RangeError('the second core had no turn');
    this.#loads = undefined;
    this.#clock.advance(sectionUs(loads, this.#switchUs));
  }

  /** The core at work was busy for `us`, for `busUs` of them with the bus. */
  charge(us: number, busUs: number): void {
    if (!this.#loads) {
      this.#clock.advance(us);
      return;
    }
    const last = this.#loads.length - 1;
    const before = this.#loads[last]!;
    this.#loads[last] = { us: before.us + us, busUs: before.busUs + busUs };
  }

  #section(): [CoreLoad] | [CoreLoad, CoreLoad] {
    if (!this.#loads) throw new RangeError('no parallel section has begun');
    return this.#loads;
  }
}
