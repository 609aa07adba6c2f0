import type { SerialPortStream } from '@serialport/stream';
import type { LinkTap } from './event-line.js';
import { countPatternLines, patternLine } from './pattern-line.js';
import type { ProbeConsole } from './probe-console.js';
import { retrying } from './retrying.js';
import { type UartDirection, uartDirection } from './uart-errors.js';

/** Lines each way and round: 4 KB, so that a lost record costs little. */
export const linesPerRound = 64;

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

/** A board in a session, with what its wire carries besides the console's own lines. */
export interface ProbedWire {
  readonly console: ProbeConsole;
  /** The console's port and tap. */
  readonly stream: SerialPortStream;
  readonly tap: PatternTap;
}

/** Errors per byte at the rate in use, both ways, over so many rounds of {@link linesPerRound} lines each way. */
export async function measureWire(
  wire: ProbedWire,
  rounds: number,
): Promise<{ readonly to_board: UartDirection; readonly from_board: UartDirection }> {
  let heardByBoard = 0;
  let heardByHost = 0;
  for (let round = 0; round < rounds; round++) {
    const heard = await measureRound(wire);
    heardByBoard += heard.byBoard;
    heardByHost += heard.byHost;
  }
  const lines = rounds * linesPerRound;
  return { to_board: uartDirection(lines, heardByBoard), from_board: uartDirection(lines, heardByHost) };
}

/** Good lines on either side. A round without its record is made again: it says nothing of the other direction. */
function measureRound({ console, stream, tap }: ProbedWire): Promise<{ byBoard: number; byHost: number }> {
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
