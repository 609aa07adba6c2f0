import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { isVirtualFirmwareBuilt } from '../build/virtual-firmware.js';
import { isForwardCompiled, isTrainingCompiled } from '../reference/fast/compile-forward.js';

/** What the lab has compiled once in a clone. */
export type Compiled = 'scorer' | 'trainer' | 'firmware';

export interface CompiledFor {
  /** Builds will run on the virtual board. */
  readonly speed: boolean;
  /** A recipe trains, or may. */
  readonly training: boolean;
}

/**
 * Compiles what is not compiled yet, each in a process of its own that ends: the compiler takes half a gigabyte and never gives it back.
 * What fails here is compiled again, and refused with its own words, by whoever needs it.
 */
export async function compileAhead(
  needs: CompiledFor,
  { tell, signal }: { readonly tell: (what: string) => void; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  for (const what of await missing(needs)) {
    tell(`compiling the ${what}, once in a clone`);
    const main = fileURLToPath(new URL('./quantize-compile-main.js', import.meta.url));
    const options = signal === undefined ? {} : { signal };
    await promisify(execFile)(process.execPath, [main, what], options).catch(() => {});
    signal?.throwIfAborted();
  }
}

async function missing({ speed, training }: CompiledFor): Promise<Compiled[]> {
  const scorer: Compiled[] = (await isForwardCompiled()) ? [] : ['scorer'];
  const trainer: Compiled[] = !training || (await isTrainingCompiled()) ? [] : ['trainer'];
  return [...scorer, ...trainer, ...(speed && !isVirtualFirmwareBuilt() ? (['firmware'] as const) : [])];
}
