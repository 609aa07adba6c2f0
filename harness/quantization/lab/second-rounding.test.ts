import { expect } from 'chai';
import { smallModel } from '../../model/model-fixtures.js';
import { MATRIX_NAMES } from '../../model/packed-model.js';
import { dequantizeModel, quantizeCheckpoint } from '../quantize-checkpoint.js';
import { type RecipeInput, recipeSchema } from '../recipe.js';
import { secondRounding } from './second-rounding.js';

const build = (input: RecipeInput, of = smallModel()) => quantizeCheckpoint(of, recipeSchema.parse(input));

describe('secondRounding', () => {
  const checkpoint = dequantizeModel(build({ method: 'clip', bits: 4, group: 'row' }));
  const subject = { checkpoint, stored: 'int4', coded: MATRIX_NAMES };

  it('names what lay in codes and has other values now, and its formats', () => {
    const eight = build({ method: 'clip', bits: 8, exceptions: { o_proj: 'float32' } }, checkpoint);
    expect(secondRounding(subject, eight)).to.deep.equal({
      stored: 'int4',
      matrices: MATRIX_NAMES.filter((name) => name !== 'o_proj'),
      all: false,
      formats: ['int8_row'],
    });
    const two = build({ method: 'clip', bits: 2, zero_point: true }, checkpoint);
    expect(secondRounding(subject, two)).to.deep.include({ all: true, formats: ['2-bit'] });
  });

  it('finds nothing in a model that does not lie in codes, or keeps the values of its own', () => {
    const eight = build({ method: 'clip', bits: 8 }, checkpoint);
    expect(secondRounding({ checkpoint }, eight)).to.equal(undefined);
    expect(secondRounding({ ...subject, coded: [] }, eight)).to.equal(undefined);
    const same = build({ method: 'naive', bits: 4, group: 'row' }, checkpoint);
    const again = { checkpoint: dequantizeModel(same), stored: 'int4', coded: MATRIX_NAMES };
    expect(secondRounding(again, same)).to.equal(undefined);
  });
});
