import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What `changeByte` does to a byte; it makes the first weight of little-stories' gate 2088 instead of 0.51. */
export const byteChange = { tensor: 'gate_proj', at: 3, xor: 0x7a } as const;

/** Changes one byte of a float32 folder, which still has all its sizes and its manifest. */
export async function changeByte(folder: string): Promise<void> {
  await patch(folder, `${byteChange.tensor}.bin`, byteChange.at, (byte) => byte ^ byteChange.xor);
}

/** Changes the text of a folder's file. @throws Error when that changed nothing */
export async function rewrite(folder: string, name: string, change: (text: string) => string): Promise<void> {
  const path = join(folder, name);
  const text = await readFile(path, 'utf8');
  const changed = change(text);
  if (changed === text) throw new Error(`${name} was not changed`);
  await writeFile(path, changed);
}

/** Changes the byte at `at`. */
export async function patch(
  folder: string,
  name: string,
  at: number,
  change: (byte: number) => number,
): Promise<void> {
  const path = join(folder, name);
  const bytes = await readFile(path);
  bytes[at] = change(bytes[at]!);
  await writeFile(path, bytes);
}

/** Puts bytes over those from `at` on. */
export async function overwrite(
  folder: string,
  name: string,
  at: number,
  bytes: readonly number[],
): Promise<void> {
  for (const [index, byte] of bytes.entries()) await patch(folder, name, at + index, () => byte);
}
