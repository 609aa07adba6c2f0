import type { SerialPortStream } from '@serialport/stream';
import type { LinkTap } from '../board/console.js';
import type { Observations, UartRate } from './bringup-record.js';
import { countPatternLines, patternLine } from './pattern-line.js';
import type { ProbeConsole } from './probe-console.js';
import { retrying } from './retrying.js';
import { recommendBaud, uartDirection } from './uart-errors.js';

const bauds = [115_200, 230_400, 460_800, 921_600] as const;

/** Lines each way and round: 4 KB, so that a lost record costs little. */
const linesPerRound = 64;

const roundTimeoutMs = 6000;

/** Hears what the board says besides: a console's tap. */
export class PatternTap implements LinkTap {
  #text = '';

  rx(bytes: Uint8Array): void {
    this.#text += Buffer.from(bytes).toString('latin1');
  }

  tx(): void {}

  /** What came since the last call. */
  take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}

export interface UartBench {
  readonly console: ProbeConsole;
  /** The console's port and tap. */
  readonly stream: SerialPortStream;
  readonly tap: PatternTap;
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

async function measureRate(bench: UartBench, baud: number): Promise<UartRate> {
  if ((await bench.console.baud(baud)) !== baud) return { baud };
  let heardByBoard = 0;
  let heardByHost = 0;
  for (let round = 0; round < bench.rounds; round++) {
    const heard = await measureRound(bench);
    heardByBoard += heard.byBoard;
    heardByHost += heard.byHost;
  }
  const lines = bench.rounds * linesPerRound;
  return {
    baud,
    to_board: uartDirection(lines, heardByBoard),
    from_board: uartDirection(lines, heardByHost),
  };
}

/** Good lines on either side. A round without its record is made again: it says nothing of the other direction. */
function measureRound({ console, stream, tap }: UartBench): Promise<{ byBoard: number; byHost: number }> {
  return retrying(async () => {
    const onListening = (): void => {
      tap.take();
      stream.write(Buffer.from(patternLine.repeat(linesPerRound), 'latin1'));
    };
    const heard = await console.probe(`uart calls=${linesPerRound}`, {
      timeoutMs: roundTimeoutMs,
      onListening,
    });
    return { byBoard: heard.lines ?? 0, byHost: countPatternLines(tap.take()) };
  });
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
