import type { UartRate } from './bringup-record.js';

/** A machine line of the bench protocol, on average: what an error costs is the line that it is in. */
const usualLineBytes = 200;

/** The rate that carries most whole lines a second, both ways; 115200 when none is known to. */
export function recommendBaud(rates: readonly UartRate[]): number {
  let best = { baud: 115_200, bytesPerSecond: 0 };
  for (const rate of rates) {
    const bytesPerSecond = goodput(rate);
    if (bytesPerSecond > best.bytesPerSecond) best = { baud: rate.baud, bytesPerSecond };
  }
  return best.baud;
}

function goodput({ baud, to_board: to, from_board: from }: UartRate): number {
  if (to === undefined || from === undefined) return 0;
  const intact = (1 - to.error_rate) * (1 - from.error_rate);
  return (baud / 10) * intact ** usualLineBytes;
}
