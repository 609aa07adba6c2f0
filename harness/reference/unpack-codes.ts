/** Formats whose weights are small integers packed into bytes behind the row's scales (int8 has no scales in its rows). */
export type PackedFormat = 'int8_row' | 'int4' | 'int2' | 'ternary' | 'ternary_2bit' | 'binary';

interface Packing {
  /** Weights a byte. */
  readonly perByte: number;
  /** The integer in the parentheses of firmware/FORMATS.md "Weight formats" for the weight at `place` of a byte. */
  readonly code: (byte: number, place: number) => number;
}

const PACKINGS: Readonly<Record<PackedFormat, Packing>> = {
  int8_row: { perByte: 1, code: (byte) => byte - 128 },
  int4: { perByte: 2, code: (byte, place) => ((byte >> (4 * place)) & 15) - 8 },
  int2: { perByte: 4, code: (byte, place) => 2 * ((byte >> (2 * place)) & 3) - 3 },
  ternary: { perByte: 5, code: (byte, place) => (Math.floor(byte / 3 ** place) % 3) - 1 },
  ternary_2bit: { perByte: 4, code: (byte, place) => ((byte >> (2 * place)) & 3) - 1 },
  binary: { perByte: 8, code: (byte, place) => 2 * ((byte >> place) & 1) - 1 },
};

/** Bytes that the codes of a row take, with their padding. */
export function codeBytes(format: PackedFormat, cols: number): number {
  return pad4(Math.ceil(cols / PACKINGS[format].perByte));
}

/** n rounded up to a multiple of 4. */
export function pad4(n: number): number {
  return Math.ceil(n / 4) * 4;
}

/**
 * The codes (rows, cols) of a matrix.
 * @param bytes rows of `rowBytes` each
 * @param offset of the codes in their row: behind its scales
 */
export function unpackCodes(
  format: PackedFormat,
  bytes: Uint8Array,
  { rows, cols, rowBytes, offset }: { rows: number; cols: number; rowBytes: number; offset: number },
): Int8Array {
  const { perByte } = PACKINGS[format];
  const table = codesOfEveryByte(PACKINGS[format]);
  const codes = new Int8Array(rows * cols);
  for (let row = 0, to = 0; row < rows; row++) {
    let from = row * rowBytes + offset;
    for (const end = to + cols; to < end; from++) {
      const entry = bytes[from]! * perByte;
      for (let place = 0; place < perByte && to < end; place++, to++) codes[to] = table[entry + place]!;
    }
  }
  return codes;
}

/** (256, perByte) */
function codesOfEveryByte({ perByte, code }: Packing): Int8Array {
  return Int8Array.from({ length: 256 * perByte }, (_, i) => code(Math.floor(i / perByte), i % perByte));
}
