import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackedModel, PackedTensor } from './packed-model.js';
import { buildScreen, rowRatioBytes, screenBytes } from './screen.js';
import { unpackTensor } from './unpack-tensor.js';
import { groupCount, rowBytes } from './weight-format.js';

export const HEAD_SCREEN = 'lm_head.screen';

/** Heads of fewer weights are read whole as fast (firmware/FORMATS.md, "The screen"). */
const LEAST_WEIGHTS = 1_048_576;
const SAMPLE_ROWS = 64;

/** Whether the card of this model has a screen, unless it is asked for otherwise. */
export function deservesScreen({ tensors: { lm_head } }: PackedModel): boolean {
  return lm_head.rows * lm_head.cols >= LEAST_WEIGHTS;
}

/** The bytes of lm_head.screen, for the head as it is stored. Takes about a second for 6 million weights. */
export function headScreen({ tensors: { lm_head } }: PackedModel): Uint8Array {
  return buildScreen(unpackTensor(lm_head), lm_head.rows, lm_head.cols);
}

/**
 * The screen that lies in a card folder, when it may well be what `headScreen` makes: it has the right size, and a sample of
 * its rows is made anew and compared, so that a screen by an earlier version of the writer is not taken. That it belongs to
 * this head is for the caller to know.
 */
export async function keptScreen(
  folder: string,
  { tensors: { lm_head } }: PackedModel,
): Promise<Uint8Array | undefined> {
  const kept = await readFile(join(folder, HEAD_SCREEN)).catch(() => undefined);
  if (kept?.length !== screenBytes(lm_head.rows, lm_head.cols)) return undefined;
  const rows = Math.min(SAMPLE_ROWS, lm_head.rows);
  const sample = buildScreen(unpackTensor(firstRows(lm_head, rows)), rows, lm_head.cols);
  const expected = partsOf(sample, rows, rows, lm_head.cols);
  const found = partsOf(kept, lm_head.rows, rows, lm_head.cols);
  return expected.every((part, i) => Buffer.compare(part, found[i]!) === 0) ? kept : undefined;
}

function firstRows(head: PackedTensor, rows: number): PackedTensor {
  return { ...head, rows, bytes: head.bytes.subarray(0, rows * rowBytes(head.format, head.cols)) };
}

/** Codes, scales and ratios of the first `taken` of `rows` rows. */
function partsOf(screen: Uint8Array, rows: number, taken: number, cols: number): Uint8Array[] {
  let first = 0;
  return [4 * Math.ceil(cols / 8), 2 * groupCount(cols), rowRatioBytes(cols)].map((bytesPerRow) => {
    const part = screen.subarray(first, first + taken * bytesPerRow);
    first += rows * bytesPerRow;
    return part;
  });
}
