/** The names of a board's counters; each is a float64 of the shared block, in this order. */
const counterNames = [
  /** The board's virtual time since it was first powered, over all resets, in microseconds. */
  'timeUs',
  'cardReads',
  'cardSeeks',
  'cardBytes',
  'cardUs',
  'uartSentBytes',
  'uartReceivedBytes',
  'uartDroppedBytes',
  'uartOverruns',
  'resets',
] as const;

export type CounterName = (typeof counterNames)[number];
export type BoardCounters = Readonly<Record<CounterName, number>>;

/** Counted by the virtual hardware itself since it was first powered, independently of what the firmware counts. */
export class CounterBlock {
  readonly #values: Float64Array;

  /** Shared between the board's thread and the host's. */
  readonly buffer: SharedArrayBuffer;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(counterNames.length * 8)) {
    this.buffer = buffer;
    this.#values = new Float64Array(buffer);
  }

  get(name: CounterName): number {
    return this.#values[counterNames.indexOf(name)]!;
  }

  add(name: CounterName, amount: number): void {
    this.#values[counterNames.indexOf(name)]! += amount;
  }

  set(name: CounterName, value: number): void {
    this.#values[counterNames.indexOf(name)] = value;
  }

  snapshot(): BoardCounters {
    const entries = counterNames.map((name) => [name, this.get(name)] as const);
    return Object.fromEntries(entries) as Record<CounterName, number>;
  }
}
