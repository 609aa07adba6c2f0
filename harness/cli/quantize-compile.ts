import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isVirtualFirmwareBuilt } from '../build/virtual-firmware.js';
import { isForwardCompiled } from '../reference/fast/compile-forward.js';

/** What the lab has compiled once in a clone. */
export type Compiled = 'scorer' | 'firmware';

/**
 * Compiles what is not compiled yet, each in a process of its own that ends: the compiler takes half a gigabyte and never gives it back.
 * What fails here is compiled again, and refused with its own words, by whoever needs it.
 * @param board whether builds will run on the virtual board
 */
export async function compileAhead(
  board: boolean,
  { tell, signal }: { readonly tell: (what: string) => void; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  for (const what of await missing(board)) {
    tell(`compiling the ${what}, once in a clone`);
    const main = fileURLToPath(new URL('./quantize-compile-main.js', import.meta.url));
    const options = signal === undefined ? {} : { signal };
    await promisify(execFile)(process.execPath, [main, what], options).catch(() => {});
    signal?.throwIfAborted();
  }
}

async function missing(board: boolean): Promise<Compiled[]> {
  const scorer: Compiled[] = (await isForwardCompiled()) ? [] : ['scorer'];
  return board && !isVirtualFirmwareBuilt() ? [...scorer, 'firmware'] : scorer;
}
