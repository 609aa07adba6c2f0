/** How a card's matrices are stored (firmware/FORMATS.md). */
export const WEIGHT_FORMATS = ['float32'] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/** The name of a card folder of this format: `tinyllm_float32_weights` for float32, as the seeds have it. */
export function cardFolderName(format: WeightFormat): string {
  return `tinyllm_${format}_weights`;
}
