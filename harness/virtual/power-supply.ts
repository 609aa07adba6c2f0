/** When the power goes, counted from when this is asked for. A fraction of an operation cuts it in the middle. */
export type PowerCut =
  /** Virtual microseconds. */
  | { readonly afterUs: number }
  /** Bytes that the UART heard. */
  | { readonly afterReceivedBytes: number }
  /** Bytes that the flash chip was given to program. */
  | { readonly afterFlashBytes: number }
  /** Page programs and erases. */
  | { readonly afterFlashOperations: number };

/** What a cut can be counted in. */
export type PowerUnit = 'us' | 'receivedBytes' | 'flashBytes' | 'flashOperations';

/** Thrown through everything that runs on the chip: it has no power any more, until somebody gives it back. */
export class PowerLost extends Error {
  override readonly name = 'PowerLost';
}

/** Times are sums of fractions. */
const slack = 1e-6;

/** The board's power, and the one cut that may be ahead of it. */
export class PowerSupply {
  #unit: PowerUnit | undefined;
  #left = 0;

  /** Replaces a cut that was asked for earlier. */
  cut(at: PowerCut): void {
    [this.#unit, this.#left] = unitOf(at);
  }

  /** No cut is ahead any more. */
  restore(): void {
    this.#unit = undefined;
  }

  /** The part, 0 to 1, of the next `amount` for which there is power. */
  lasts(unit: PowerUnit, amount: number): number {
    if (this.#unit !== unit || amount === 0) return 1;
    return Math.min(1, this.#left / amount);
  }

  /** Counts what was used. `check` says whether that was all. */
  use(unit: PowerUnit, amount: number): void {
    if (this.#unit === unit) this.#left -= amount;
  }

  /** @throws PowerLost */
  check(): void {
    if (this.#unit !== undefined && this.#left <= slack) throw new PowerLost();
  }
}

function unitOf(at: PowerCut): [PowerUnit, number] {
  if ('afterUs' in at) return ['us', at.afterUs];
  if ('afterReceivedBytes' in at) return ['receivedBytes', at.afterReceivedBytes];
  if ('afterFlashBytes' in at) return ['flashBytes', at.afterFlashBytes];
  return ['flashOperations', at.afterFlashOperations];
}
