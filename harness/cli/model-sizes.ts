import type { LlamaConfig } from '../model/checkpoint.js';
import type { PackedModel } from '../model/packed-model.js';
import { weightBytes } from '../model/weight-bytes.js';
import { WEIGHT_FORMATS } from '../model/weight-format.js';
import { plainTable } from '../sinks/plain-table.js';

/** What a model's weight files take in one format, or as a card has them. */
export interface WeightSize {
  readonly format: string;
  readonly bytes: number;
  /** float32's bytes over these. */
  readonly ratio: number;
}

/** Every format's size, and that of the card which the model was read from, when its matrices differ in format. */
export function weightSizes(config: LlamaConfig, card?: PackedModel): WeightSize[] {
  const float32 = weightBytes(config, 'float32');
  const sized = (format: string, bytes: number): WeightSize => ({ format, bytes, ratio: float32 / bytes });
  const sizes = WEIGHT_FORMATS.map((format) => sized(format, weightBytes(config, format)));
  return card?.weightFormat === 'mixed' ? [...sizes, sized('mixed (this card)', cardBytes(card))] : sizes;
}

/** Bytes of a packed model's `.bin` files. */
export function cardBytes({ config, tensors }: PackedModel): number {
  const formats = Object.entries(tensors).map(([name, { format }]) => [name, format]);
  return weightBytes(config, Object.fromEntries(formats));
}

/** MiB, which the seeds call MB. */
export function formatSizes(sizes: readonly WeightSize[]): string {
  const float32 = sizes[0]!.bytes;
  const table = plainTable(
    [
      { head: 'weight files in' },
      { head: 'bytes', align: 'right' },
      { head: 'MiB', align: 'right' },
      { head: 'MiB saved', align: 'right' },
      { head: 'smaller', align: 'right' },
    ],
    sizes.map(({ format, bytes, ratio }) => [
      format,
      bytes.toLocaleString('en-US'),
      mebibytes(bytes),
      mebibytes(float32 - bytes),
      `${ratio.toFixed(1)}x`,
    ]),
  );
  return `${table}\n`;
}

/** One line about the card that was written. */
export function formatSaving(model: PackedModel, screenBytes: number | undefined): string {
  const bytes = cardBytes(model);
  const float32 = weightBytes(model.config, 'float32');
  const screen = screenBytes === undefined ? '' : `; the head's screen adds ${mebibytes(screenBytes)} MiB`;
  return (
    `weights in ${model.weightFormat}: ${mebibytes(bytes)} MiB, ${(float32 / bytes).toFixed(1)}x smaller than float32, ` +
    `${mebibytes(float32 - bytes)} MiB saved${screen}\n`
  );
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(2);
}
