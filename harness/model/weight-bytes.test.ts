import { expect } from 'chai';
import { TINY_LLM } from './make-model.js';
import { SMALL, smallModel } from './model-fixtures.js';
import { packModel } from './pack-model.js';
import { MATRIX_NAMES } from './packed-model.js';
import { weightBytes } from './weight-bytes.js';
import { WEIGHT_FORMATS } from './weight-format.js';

describe('weightBytes', () => {
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(2);

  it("gives the seeds' figures for Tiny-LLM: 49.55 MB in float32, 12.39 MB in int8, 4.0x, 37.16 MB saved", () => {
    const float32 = weightBytes(TINY_LLM, 'float32');
    const int8 = weightBytes(TINY_LLM, 'int8');
    expect([float32, int8]).to.deep.equal([51_955_968, 12_990_720]);
    expect([mebibytes(float32), mebibytes(int8), mebibytes(float32 - int8)]).to.deep.equal([
      '49.55',
      '12.39',
      '37.16',
    ]);
    expect((float32 / int8).toFixed(1)).to.equal('4.0');
  });

  it('is what packing makes, in every format, tied or not', () => {
    for (const tiedHead of [false, true]) {
      for (const format of WEIGHT_FORMATS) {
        const { tensors } = packModel(smallModel({ tiedHead }), format);
        const names = MATRIX_NAMES.filter((name) => name !== 'lm_head' || !tiedHead);
        const packed = names.reduce((sum, name) => sum + tensors[name].bytes.length, 0);
        const norms = 4 * (2 * 12 + 2 * 12 + 12);
        expect(weightBytes({ ...SMALL, tiedHead }, format), format).to.equal(packed + norms);
      }
    }
  });
});
