import type { CounterBlock } from './board-counters.js';
import type { VirtualClock } from './clock.js';
import type { CostTable } from './cost-table.js';
import type { HostInput } from './host-input.js';
import type { Pace } from './pace.js';
import type { PowerSupply } from './power-supply.js';
import { UartReceiver } from './uart-receiver.js';
import type { UartTransmitter } from './uart-transmitter.js';
import { characterUs, resample } from './wire.js';

/** The host gets at least this much wall time to answer before a shorter timeout of the board elapses. */
const hostGraceMs = 100;

export interface AppUartDeps {
  readonly table: CostTable;
  readonly clock: VirtualClock;
  readonly transmitter: UartTransmitter;
  readonly input: HostInput;
  readonly pace: Pace;
  readonly counters: CounterBlock;
  readonly power: PowerSupply;
}

/**
 * The UART as the app's driver sees it, and the rule by which two clocks meet here:
 *
 * - Host bytes get onto the board's wire only when the board asks for input. They start at the board's time then,
 *   or when its own output has left if that is later, and arrive at the pace of the baud rate. So in a half-duplex
 *   exchange it does not matter how fast the host is, and every time since the reset is
 *   reproducible. (A reset line takes effect when the board next looks, so the time at which it falls is not.)
 * - Once they are on the wire they keep arriving while the board computes: a host that sends more than the board
 *   reads overruns FIFO and ring, in virtual time.
 * - While the board waits, its clock stands still. A timeout elapses when the host was quiet for as much wall time
 *   as stands for it (and at least 100 ms); the clock then moves on by exactly the timeout.
 */
export class AppUart {
  readonly #deps: AppUartDeps;
  readonly #receiver: UartReceiver;

  constructor(deps: AppUartDeps) {
    const { uart } = deps.table;
    this.#deps = deps;
    this.#receiver = new UartReceiver({
      fifoBytes: uart.rxFifoBytes.value,
      ringBytes: uart.rxRingBytes.value,
      fullThresholdBytes: uart.rxFullThresholdBytes.value,
      idleSymbols: uart.rxIdleSymbols.value,
      onOverrun: (droppedBytes) => {
        deps.counters.add('uartOverruns', 1);
        deps.counters.add('uartDroppedBytes', droppedBytes);
      },
    });
  }

  /**
   * 1 to `capacity` bytes as soon as the driver has any; none after `timeoutUs` (negative: never, 0: polls).
   * @throws ExternalReset, PowerOff
   */
  read(capacity: number, timeoutUs: number): Uint8Array {
    const { clock, input, table } = this.#deps;
    if (timeoutUs === 0) clock.advance(table.uart.readCallUs.value);
    const deadlineUs = timeoutUs < 0 ? Number.POSITIVE_INFINITY : clock.totalUs + timeoutUs;
    for (;;) {
      input.poll();
      this.#admit();
      this.#receiver.advanceTo(clock.totalUs);
      if (this.#receiver.availableBytes > 0 || clock.totalUs >= deadlineUs) return this.#take(capacity);
      this.#pass(deadlineUs);
    }
  }

  /** Moves on to the next thing that happens, at most to the deadline. */
  #pass(deadlineUs: number): void {
    const { clock } = this.#deps;
    const nextUs = this.#receiver.nextEventUs();
    if (nextUs !== undefined) clock.advanceTo(Math.min(nextUs, deadlineUs));
    else if (!this.#awaitHost(deadlineUs)) clock.advanceTo(deadlineUs);
  }

  #awaitHost(deadlineUs: number): boolean {
    const { clock, input, pace } = this.#deps;
    const leftMs = pace.wallMs((deadlineUs - clock.totalUs) / 1000);
    const came = input.wait(leftMs === Number.POSITIVE_INFINITY ? undefined : Math.max(leftMs, hostGraceMs));
    clock.advanceTo(Math.min(pace.wallUs() ?? clock.totalUs, deadlineUs));
    return came;
  }

  #admit(): void {
    const { clock, counters, input, power, transmitter } = this.#deps;
    const startUs = Math.max(clock.totalUs, transmitter.freeAtUs);
    for (const { bytes, baudRate } of input.takeBytes()) {
      const heard = resample(bytes, baudRate, transmitter.baudRate);
      counters.add('uartReceivedBytes', heard.length);
      this.#receiver.admit(heard, startUs, characterUs(transmitter.baudRate));
      power.use('receivedBytes', heard.length);
      power.check();
    }
  }

  #take(capacity: number): Uint8Array {
    return this.#receiver.read(capacity);
  }
}
