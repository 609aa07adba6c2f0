import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readEnvironment } from '../config/environment.js';
import { TokenrackError } from '../errors.js';

/** Does `work`; where it is interrupted and a training of it was kept in `folder`, a line says how to go on. */
export async function sayingHowToGoOn<T>(
  work: () => Promise<T>,
  folder = join(readEnvironment().stateFolder, 'qat'),
  say: (line: string) => void = (line) => process.stderr.write(line),
): Promise<T> {
  const sinceMs = Date.now();
  try {
    return await work();
  } catch (error) {
    const interrupted = error instanceof TokenrackError && error.code === 'interrupted';
    if (interrupted && (await hasTrainingSince(folder, sinceMs)))
      say(`training is kept in ${folder}: the same command goes on where it was interrupted\n`);
    throw error;
  }
}

/** Older ones are of other commands. */
async function hasTrainingSince(folder: string, sinceMs: number): Promise<boolean> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((one) => one.endsWith('.state')))
    if ((await stat(join(folder, name))).mtimeMs >= sinceMs) return true;
  return false;
}
