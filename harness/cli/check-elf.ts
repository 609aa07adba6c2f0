import { BoardError } from '../board/board-error.js';
import { BoardConsole } from '../board/console.js';
import { InfraError } from '../errors.js';
import type { OpenLink } from '../link/link.js';

/** A bench build says its boot record within a second or two of its reset. */
const BOOT_MS = 5000;

/**
 * Restarts the board and holds the ELF hash that its app reports against the one that was flashed.
 * Resolves to what was found, as a line for people; an app without the bench protocol cannot be asked.
 * @param whole bootloader, partition table and app were flashed: what was flashed must then boot
 * @throws InfraError `wrong-build`; BoardError when a whole build is refused by the board, or panics
 */
export async function checkElf(
  link: OpenLink,
  board: string,
  elfSha256: string,
  whole: boolean,
  signal: AbortSignal,
): Promise<string> {
  await using console = new BoardConsole(link.stream, { board });
  try {
    const { build, elf } = await console.restart({ timeoutMs: BOOT_MS, signal });
    if (elf === elfSha256.slice(0, elf.length)) return `booted build ${build}, ELF ${elf} as flashed`;
    const message = `${board}: runs ELF ${elf} (build ${build}), flashed was ${elfSha256.slice(0, 16)}; flash it again`;
    throw new InfraError('wrong-build', message, { board });
  } catch (error) {
    if (error instanceof BoardError && (error.code === 'board-silent' || error.code === 'board-hung')) {
      return 'the app does not speak the bench protocol, so that its ELF hash was not compared';
    }
    if (error instanceof BoardError && !whole && error.failureClass === 'infra-fail') {
      return `what was flashed does not boot by itself: ${error.message}`;
    }
    throw error;
  }
}
