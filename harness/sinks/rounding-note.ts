import type { Rounding } from '../model/read-packed.js';

/** A format that no card has goes by its bits. */
type Formats = { readonly formats: readonly string[] };

/** One line: a second rounding costs quality that no validation of the build has measured. */
export function roundingNote(
  path: string,
  { stored, matrices, all, formats }: Omit<Rounding, 'formats'> & Formats,
): string {
  const what = all
    ? 'all its matrices are'
    : `${matrices.join(', ')} ${matrices.length === 1 ? 'is' : 'are'}`;
  return `note: ${path} is stored as ${stored}: ${what} rounded a second time, to ${formats.join(' and ')}\n`;
}
