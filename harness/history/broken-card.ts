import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Flips the high bit of one weight's code in a card of int4: no longer the model, and nothing that a check could refuse. */
export async function changeOneWeight(card: string): Promise<void> {
  const path = join(card, 'lm_head.bin');
  const weights = await readFile(path);
  // Rows are two scales and 32 bytes of codes: this is the second row's first.
  const at = 40;
  weights[at] = weights[at]! ^ 0x88;
  await writeFile(path, weights);
}
