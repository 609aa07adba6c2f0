import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Flips a high bit of the exponent of one weight: still a number, and no longer the model. */
export async function changeOneWeight(card: string): Promise<void> {
  const path = join(card, 'down_proj.bin');
  const weights = await readFile(path);
  weights[2] = weights[2]! ^ 0x40;
  await writeFile(path, weights);
}
