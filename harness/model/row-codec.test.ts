import { expect } from 'chai';
import { type CodedFormat, decodeRow, decodeScales, emptyRow, encodeRow } from './row-codec.js';
import { rowBytes, rowScaleBytes } from './weight-format.js';

interface Example {
  readonly scales: readonly number[];
  readonly codes: readonly number[];
  readonly hex: string;
}

/** Worked out by hand from the table in firmware/FORMATS.md. */
const EXAMPLES: Readonly<Record<CodedFormat, Example>> = {
  int8: { scales: [], codes: [-127, 0, 127, -1, 5], hex: '81 00 7f ff 05' },
  // 0.5; -127 + 128, 0 + 128, 1 + 128; one byte of padding
  int8_row: { scales: [0.5], codes: [-127, 0, 1], hex: '00 00 00 3f 01 80 81 00' },
  // 1.0 and 2 bytes of padding; nibbles 1 15 11
  int4: { scales: [1], codes: [-7, 7, 3], hex: '80 3f 00 00 f1 0b 00 00' },
  // 2.0; codes 0 1 2 3 (0 + 1*4 + 2*16 + 3*64 = 0xe4), 3 0
  int2: { scales: [2], codes: [-3, -1, 1, 3, 3, -3], hex: '00 40 00 00 e4 03 00 00' },
  // 1.5; digits 0 1 2 2 1 (0 + 3 + 18 + 54 + 81 = 0x9c), 2 0
  ternary: { scales: [1.5], codes: [-1, 0, 1, 1, 0, 1, -1], hex: '00 00 c0 3f 9c 02 00 00' },
  // 1.5; digits 0 1 2 2 (0 + 4 + 32 + 128 = 0xa4), 1
  ternary_2bit: { scales: [1.5], codes: [-1, 0, 1, 1, 0], hex: '00 00 c0 3f a4 01 00 00' },
  // 0.25; bits 1 0 0 1 1 1 0 1 (1 + 8 + 16 + 32 + 128 = 0xb9), 0 1
  binary: { scales: [0.25], codes: [1, -1, -1, 1, 1, 1, -1, 1, -1, 1], hex: '00 00 80 3e b9 02 00 00' },
};

const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const formats = Object.keys(EXAMPLES) as CodedFormat[];

describe('encodeRow and decodeRow', () => {
  for (const format of formats) {
    const { scales, codes, hex } = EXAMPLES[format];

    it(`write ${format} as the table says`, () => {
      const target = new Uint8Array(rowBytes(format, codes.length));
      encodeRow(format, { codes: Int8Array.from(codes), scales: Float32Array.from(scales) }, target);
      expect(Buffer.from(target).toString('hex')).to.equal(hex.replaceAll(' ', ''));
    });

    it(`read ${format} as the table says`, () => {
      const row = emptyRow(format, codes.length);
      decodeRow(format, bytesOf(hex), row);
      expect([...row.codes]).to.deep.equal(codes);
      expect([...row.scales]).to.deep.equal(scales);
    });
  }

  it('give each group of 32 its scale, and pad an odd number of them', () => {
    const codes = new Int8Array(65).map((_, i) => (i < 32 ? 1 : i < 64 ? 2 : 3));
    const target = new Uint8Array(rowBytes('int4', 65));
    encodeRow('int4', { codes, scales: Float32Array.of(1, 2, 4) }, target);
    const expected = [0x80, 0x3f, 0x00, 0x40, 0x80, 0x40, 0, 0];
    expected.push(...Array(16).fill(0x99), ...Array(16).fill(0xaa), 0x0b, 0, 0, 0);
    expect([...target]).to.deep.equal(expected);
    const row = emptyRow('int4', 65);
    decodeRow('int4', target, row);
    expect([...row.codes]).to.deep.equal([...codes]);
    expect([...row.scales]).to.deep.equal([1, 2, 4]);
  });

  /** What each format's table row says about a byte, as formulas of their own. */
  const READ: Readonly<Record<CodedFormat, readonly ((byte: number) => number)[]>> = {
    int8: [(byte) => (byte < 128 ? byte : byte - 256)],
    int8_row: [(byte) => byte - 128],
    int4: [0, 4].map((shift) => (byte: number) => ((byte >> shift) & 15) - 8),
    int2: [0, 2, 4, 6].map((shift) => (byte: number) => 2 * ((byte >> shift) & 3) - 3),
    ternary: [1, 3, 9, 27, 81].map((power) => (byte: number) => (Math.floor(byte / power) % 3) - 1),
    ternary_2bit: [0, 2, 4, 6].map((shift) => (byte: number) => ((byte >> shift) & 3) - 1),
    binary: [0, 1, 2, 3, 4, 5, 6, 7].map((shift) => (byte: number) => 2 * ((byte >> shift) & 1) - 1),
  };

  for (const format of formats) {
    it(`read every byte of ${format}, also those that are never written`, () => {
      const read = READ[format];
      const row = emptyRow(format, read.length);
      const source = new Uint8Array(rowBytes(format, read.length));
      for (let byte = 0; byte < 256; byte++) {
        source[rowScaleBytes(format, read.length)] = byte;
        decodeRow(format, source, row);
        expect([...row.codes], `byte ${byte}`).to.deep.equal(read.map((of) => of(byte)));
      }
    });
  }

  it('read any scale as its bits are, NaN and infinity too', () => {
    const scales = new Float32Array(2);
    decodeScales('int2', bytesOf('c0 7f 80 ff 00 00 00 00'), scales);
    expect([...scales]).to.deep.equal([Number.NaN, Number.NEGATIVE_INFINITY]);
  });
});
