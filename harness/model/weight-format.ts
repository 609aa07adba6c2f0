/** How a card's matrices are stored (firmware/FORMATS.md, "Weight formats"). */
export const WEIGHT_FORMATS = [
  'float32',
  'float16',
  'bfloat16',
  'int8',
  'int8_row',
  'int4',
  'int2',
  'ternary',
  'ternary_2bit',
  'binary',
] as const;
export type WeightFormat = (typeof WEIGHT_FORMATS)[number];

/** The format of a whole card: `mixed` when its matrices differ. */
export const CARD_FORMATS = [...WEIGHT_FORMATS, 'mixed'] as const;
export type CardFormat = (typeof CARD_FORMATS)[number];

/** Weights that share a scale in the grouped formats (int4, int2); the last group of a row may be shorter. */
export const GROUP_SIZE = 32;

/** The name of a card folder of this format; the seeds' own names for float32 and int8. */
export function cardFolderName(format: CardFormat): string {
  return format === 'int8' ? 'tinyllm_weights' : `tinyllm_${format}_weights`;
}

/** Bytes before a row's first code: its scale or scales, padded; 0 for floats and int8. `cols` is weights a row. */
export function rowScaleBytes(format: WeightFormat, cols: number): number {
  switch (format) {
    case 'float32':
    case 'float16':
    case 'bfloat16':
    case 'int8':
      return 0;
    case 'int4':
    case 'int2':
      return pad4(2 * groupCount(cols));
    case 'int8_row':
    case 'ternary':
    case 'ternary_2bit':
    case 'binary':
      return 4;
  }
}

/** Bytes that a row of `cols` weights takes, scales and padding included. */
export function rowBytes(format: WeightFormat, cols: number): number {
  return rowScaleBytes(format, cols) + codeBytes(format, cols);
}

/** Groups of a row of `cols` weights in the grouped formats. */
export function groupCount(cols: number): number {
  return Math.ceil(cols / GROUP_SIZE);
}

function codeBytes(format: WeightFormat, cols: number): number {
  switch (format) {
    case 'float32':
      return 4 * cols;
    case 'float16':
    case 'bfloat16':
      return 2 * cols;
    case 'int8':
      return cols;
    case 'int8_row':
      return pad4(cols);
    case 'int4':
      return pad4(Math.ceil(cols / 2));
    case 'int2':
    case 'ternary_2bit':
      return pad4(Math.ceil(cols / 4));
    case 'ternary':
      return pad4(Math.ceil(cols / 5));
    case 'binary':
      return pad4(Math.ceil(cols / 8));
  }
}

function pad4(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
