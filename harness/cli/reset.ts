import { type ConsoleFlags, withConsole } from './with-console.js';

/** Resets one board and says what started. */
export async function resetBoard(flags: ConsoleFlags): Promise<void> {
  await withConsole('reset', flags, async ({ board, build }) => {
    process.stdout.write(`${board}: reset; it runs build ${build}\n`);
  });
}
