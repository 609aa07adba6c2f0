import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../paths.js';
import { plainTable } from '../sinks/plain-table.js';
import type { CostTable } from '../virtual/cost-table.js';

const publishedSchema = z.strictObject({
  about: z.string(),
  boards: z.array(
    z.strictObject({
      board: z.string(),
      model: z.string(),
      parameters: z.int().positive(),
      /** The cost table's kernel for its weights. */
      kernel: z.enum(['float32Dot', 'ternary2BitDot']),
      bitsPerWeight: z.number().positive(),
      /** Where the weights lie. */
      memory: z.enum(['flash', 'psram']),
      tokensPerSecond: z.number().positive(),
      source: z.string(),
    }),
  ),
});

export type PublishedSpeed = z.output<typeof publishedSchema>['boards'][number];

/** What others measured (fixtures/hardware/published-speeds.json). */
export function readPublishedSpeeds(): PublishedSpeed[] {
  const path = join(packageRoot, 'fixtures', 'hardware', 'published-speeds.json');
  return publishedSchema.parse(JSON.parse(readFileSync(path, 'utf8'))).boards;
}

export interface Prediction {
  readonly published: PublishedSpeed;
  readonly cpuMhz: number;
  /** Tokens a second by the cost table. */
  readonly predicted: number;
  /** predicted / published. */
  readonly ratio: number;
}

/**
 * What the cost table says of a published model at a clock: every parameter is one multiply-accumulate and passes once over the bus of its
 * memory, on one core, one after the other, as `work` of the virtual board charges it. Attention over earlier positions, norms, sampling and
 * output are left out, since their shapes are not published: the prediction is an upper bound by what is left out.
 */
export function predictSpeed(published: PublishedSpeed, table: CostTable, cpuMhz: number): Prediction {
  const bandwidth =
    published.memory === 'flash' ? table.memory.flashBandwidth.value : table.memory.psramBandwidth.value;
  const computeUs = (published.parameters * table.kernels[published.kernel].value) / cpuMhz;
  const streamUs = (published.parameters * published.bitsPerWeight) / 8 / bandwidth;
  const predicted = 1e6 / (computeUs + streamUs);
  return { published, cpuMhz, predicted, ratio: predicted / published.tokensPerSecond };
}

/** Both clocks that the boards may have run at; nobody says which. */
export const ASSUMED_CLOCKS_MHZ: readonly number[] = [240, 160];

export function predictAll(table: CostTable): Prediction[] {
  return readPublishedSpeeds().flatMap((published) =>
    ASSUMED_CLOCKS_MHZ.map((cpuMhz) => predictSpeed(published, table, cpuMhz)),
  );
}

/** Predicted against published, for a terminal. */
export function predictionTable(predictions: readonly Prediction[]): string {
  return plainTable(
    [
      { head: 'board' },
      { head: 'model' },
      { head: 'clock assumed', align: 'right' },
      { head: 'published', align: 'right' },
      { head: 'predicted', align: 'right' },
      { head: 'error', align: 'right' },
      { head: 'source' },
    ],
    predictions.map(cells),
  );
}

/** The same as a table of Markdown, for the docs. */
export function predictionMarkdown(predictions: readonly Prediction[]): string {
  const line = (columns: readonly string[]): string => `| ${columns.join(' | ')} |`;
  return [
    line(['board', 'model', 'clock assumed', 'published', 'predicted', 'error', 'source']),
    line(['---', '---', '---:', '---:', '---:', '---:', '---']),
    ...predictions.map((one) => line(cells(one))),
  ].join('\n');
}

function cells({ published, cpuMhz, predicted, ratio }: Prediction): string[] {
  const { board, model, tokensPerSecond, source } = published;
  const error =
    ratio >= 1 ? `${ratio.toFixed(1)} times too fast` : `${(1 / ratio).toFixed(1)} times too slow`;
  return [board, model, `${cpuMhz} MHz`, tokensPerSecond.toFixed(1), predicted.toFixed(1), error, source];
}
