import type { ProbeConsole } from '../board/probe-console.js';
import { retrying } from '../board/retrying.js';
import { measureWire, type ProbedWire } from '../board/uart-probe.js';
import type { Observations, UartRate } from './bringup-record.js';
import { recommendBaud } from './uart-errors.js';

const bauds = [115_200, 230_400, 460_800, 921_600] as const;

export interface UartBench extends ProbedWire {
  /** Of {@link linesPerRound} lines each way, at each rate. */
  readonly rounds: number;
  readonly onRate?: (rate: UartRate) => void;
}

/**
 * Errors per byte at every rate of the protocol, both ways, and the rate to use. Leaves the line at that rate.
 * @throws BoardError when the board does not answer at 115200 any more
 */
export async function measureUart(
  bench: UartBench,
): Promise<Pick<Observations, 'uart' | 'recommended_baud'>> {
  const uart: UartRate[] = [];
  for (const baud of bauds) {
    const rate = await measureRate(bench, baud);
    uart.push(rate);
    bench.onRate?.(rate);
  }
  const recommended = recommendBaud(uart);
  const used = await retrying(() => bench.console.baud(recommended));
  return { uart, recommended_baud: used };
}

async function measureRate({ rounds, ...wire }: UartBench, baud: number): Promise<UartRate> {
  if ((await wire.console.baud(baud)) !== baud) return { baud };
  return { baud, ...(await measureWire(wire, rounds)) };
}

/** Polls and outputs of the UART driver, at 115200 baud. */
export async function measureUartDriver(
  console: ProbeConsole,
): Promise<Pick<Observations, 'poll_us' | 'writes'>> {
  const writes: { bytes: number; us: number }[] = [];
  for (const lines of [4, 8, 16, 32]) {
    const { bytes, us } = await retrying(() => console.probe(`write calls=${lines}`));
    if (bytes !== undefined && us !== undefined && us > 0) writes.push({ bytes, us });
  }
  const { us, units } = await retrying(() => console.probe('poll calls=2000'));
  return { writes, ...(us === undefined || !units ? {} : { poll_us: us / units }) };
}
