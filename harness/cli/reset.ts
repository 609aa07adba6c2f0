import { interruptSignal } from './exit.js';
import { withConsole } from './with-console.js';

/** Resets one board and says what started. */
export async function resetBoard(flags: { readonly board: string; readonly rack?: string }): Promise<void> {
  await withConsole(flags, interruptSignal(), async ({ board, build }) => {
    process.stdout.write(`${board}: reset; it runs build ${build}\n`);
  });
}
