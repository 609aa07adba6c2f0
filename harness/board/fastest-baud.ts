import type { WaitOptions } from './command-session.js';
import type { BoardConsole } from './console.js';

/** Rates of a session once the app runs, best first; the boot itself is at 115200, and so is the last resort. */
const SESSION_BAUDS = [921_600, 460_800];

/** Switches to the first rate that the line holds. Resolves to the rate in use, 115200 when it holds none of them. */
export async function fastestBaud(console: BoardConsole, waiting: WaitOptions): Promise<number> {
  for (const rate of SESSION_BAUDS) {
    if ((await console.baud(rate, waiting)) === rate) return rate;
  }
  return 115_200;
}
