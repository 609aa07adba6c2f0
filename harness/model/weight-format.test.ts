import { expect } from 'chai';
import { cardFolderName, rowBytes, WEIGHT_FORMATS, type WeightFormat } from './weight-format.js';

describe('rowBytes', () => {
  /** Worked out by hand from the table in firmware/FORMATS.md, for rows of 1, 8, 33, 65 and 192 weights. */
  const EXPECTED: Readonly<Record<WeightFormat, readonly number[]>> = {
    float32: [4, 32, 132, 260, 768],
    float16: [2, 16, 66, 130, 384],
    bfloat16: [2, 16, 66, 130, 384],
    int8: [1, 8, 33, 65, 192],
    int8_row: [4 + 4, 4 + 8, 4 + 36, 4 + 68, 4 + 192],
    int4: [4 + 4, 4 + 4, 4 + 20, 8 + 36, 12 + 96],
    int2: [4 + 4, 4 + 4, 4 + 12, 8 + 20, 12 + 48],
    ternary: [4 + 4, 4 + 4, 4 + 8, 4 + 16, 4 + 40],
    ternary_2bit: [4 + 4, 4 + 4, 4 + 12, 4 + 20, 4 + 48],
    binary: [4 + 4, 4 + 4, 4 + 8, 4 + 12, 4 + 24],
  };

  for (const format of WEIGHT_FORMATS) {
    it(`is that of the table for ${format}`, () => {
      expect([1, 8, 33, 65, 192].map((cols) => rowBytes(format, cols))).to.deep.equal(EXPECTED[format]);
    });
  }
});

describe('cardFolderName', () => {
  it("has the seeds' names for float32 and int8, and the format's for the others", () => {
    expect(cardFolderName('float32')).to.equal('tinyllm_float32_weights');
    expect(cardFolderName('int8')).to.equal('tinyllm_weights');
    expect(cardFolderName('int8_row')).to.equal('tinyllm_int8_row_weights');
    expect(cardFolderName('mixed')).to.equal('tinyllm_mixed_weights');
  });
});
