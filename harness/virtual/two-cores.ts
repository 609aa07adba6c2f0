/** What one core had to do in a parallel section. */
export interface CoreLoad {
  /** Microseconds, waiting for its own bytes included. */
  readonly us: number;
  /** The part of them that the bus of PSRAM and flash was carrying its bytes. */
  readonly busUs: number;
}

/**
 * Microseconds from the start of a parallel section until both cores are done, and the caller knows. `switchUs` is
 * what calling the second core and being called back takes: the section lasts that much longer. Each core waits for its own bytes
 * already; but the bus carries one core's bytes at a time, so that the section lasts at least as long as the bytes of
 * both. How the two take turns is not modelled: that bound is where they end when neither stands still meanwhile.
 */
export function sectionUs([first, second]: readonly [CoreLoad, CoreLoad], switchUs: number): number {
  return switchUs + Math.max(first.us, second.us, first.busUs + second.busUs);
}
