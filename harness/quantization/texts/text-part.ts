import type { Document } from './text-file.js';

/** Documents of one part: calibration, held-out or training. */
export interface TextPart {
  /** For the report: where they come from, how many of what was asked for, and what was left out. */
  readonly source: string;
  readonly documents: readonly Document[];
}
