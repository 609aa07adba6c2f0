import { expect } from 'chai';
import { bytesOf, refusal, smallModel } from './model-fixtures.js';
import { modelHash } from './model-hash.js';
import { chosenFormats, type FormatChoice, packModel } from './pack-model.js';
import { MATRIX_NAMES, NORM_NAMES, type PackedModel } from './packed-model.js';
import { unpackModel } from './unpack-model.js';
import { rowBytes, WEIGHT_FORMATS } from './weight-format.js';

describe('packModel', () => {
  it('packs every matrix in its shape, and keeps the norms as they are', () => {
    const model = smallModel();
    for (const format of WEIGHT_FORMATS) {
      const packed = packModel(model, format);
      expect(packed.weightFormat).to.equal(format);
      const { down_proj, embed_tokens } = packed.tensors;
      expect(down_proj).to.include({ format, layers: 2, rows: 12, cols: 10 });
      expect(down_proj.bytes.length).to.equal(2 * 12 * rowBytes(format, 10));
      expect(down_proj.scales?.length).to.equal(format === 'int8' ? 2 : undefined);
      expect(embed_tokens).to.include({ format, layers: 1, rows: 20, cols: 12 });
      for (const name of NORM_NAMES) expect(packed.norms[name]).to.equal(model.tensors[name]);
    }
  });

  it('comes back to the bit from float32, and close to the weights from every other format', () => {
    const model = smallModel();
    expect(modelHash(unpackModel(packModel(model, 'float32')))).to.equal(modelHash(model));
    // What is lost of bell-shaped weights: half a unit of float16, and about what Lloyd-Max quantizers leave of the rest.
    const limits = { float16: 2 ** -11, bfloat16: 2 ** -8, int8: 0.02, int8_row: 0.02, int4: 0.15 } as const;
    for (const [format, limit] of Object.entries(limits)) {
      const back = unpackModel(packModel(model, format as keyof typeof limits));
      for (const name of MATRIX_NAMES) {
        const [was, is] = [model.tensors[name], back.tensors[name]];
        const squares = (values: Float32Array) => values.reduce((sum, value) => sum + value * value, 0);
        const lost = Math.sqrt(squares(was.map((value, i) => value - is[i]!)) / squares(was));
        expect(lost, `${name} in ${format}`).to.be.within(limit / 100, limit);
      }
    }
  });

  it('gives a tensor a format of its own', () => {
    const packed = packModel(smallModel(), {
      default: 'int8',
      tensors: { lm_head: 'int4', k_proj: 'float16' },
    });
    expect(packed.weightFormat).to.equal('mixed');
    const formats = MATRIX_NAMES.map((name) => packed.tensors[name].format);
    expect(formats).to.deep.equal([
      'int8',
      'int8',
      'float16',
      'int8',
      'int8',
      'int8',
      'int8',
      'int8',
      'int4',
    ]);
    const tensors = Object.fromEntries(MATRIX_NAMES.map((name) => [name, 'int2' as const]));
    expect(packModel(smallModel(), { default: 'int8', tensors }).weightFormat).to.equal('int2');
  });

  it('packs a tied head once, and refuses it a format of its own', async () => {
    const model = smallModel({ tiedHead: true });
    const packed = packModel(model, { default: 'int8', tensors: { embed_tokens: 'int4' } });
    expect(packed.tensors.lm_head).to.equal(packed.tensors.embed_tokens);
    expect(packed.tensors.lm_head.format).to.equal('int4');
    const back = unpackModel(packed);
    expect(back.tensors.lm_head).to.equal(back.tensors.embed_tokens);
    const { code, message } = await refusal(() =>
      packModel(model, { default: 'int8', tensors: { lm_head: 'int4' } }),
    );
    expect(code).to.equal('tied-head-format');
    expect(message).to.equal('lm_head cannot be int4: it is tied to embed_tokens, which is int8');
    const agreed = { embed_tokens: 'int4', lm_head: 'int4' } as const;
    expect(packModel(model, { default: 'int8', tensors: agreed }).weightFormat).to.equal('mixed');
    const chosen = chosenFormats(model.config, { default: 'int8', tensors: { embed_tokens: 'int4' } });
    expect(chosen).to.include({ embed_tokens: 'int4', lm_head: 'int4', q_proj: 'int8' });
  });

  it('refuses NaN and infinite weights by name in every format', async () => {
    for (const format of WEIGHT_FORMATS) {
      const model = smallModel();
      model.tensors.up_proj[7] = Number.NEGATIVE_INFINITY;
      expect((await refusal(() => packModel(model, format))).message).to.contain(
        'weight up_proj[7] is -Infinity',
      );
      const other = smallModel();
      other.tensors.final_norm[1] = Number.NaN;
      expect((await refusal(() => packModel(other, format))).message).to.contain(
        'weight final_norm[1] is NaN',
      );
    }
  });
});

describe('packModel of a packed model', () => {
  const repack = (model: PackedModel, formats: FormatChoice) =>
    packModel(unpackModel(model), formats, model.tensors);

  it('keeps what is in its format already to the byte, and packs the rest anew', () => {
    const int8 = packModel(smallModel(), 'int8');
    const mixed = repack(int8, { default: 'int8', tensors: { o_proj: 'binary' } });
    expect(mixed.weightFormat).to.equal('mixed');
    expect(mixed.tensors.q_proj).to.equal(int8.tensors.q_proj);
    expect(mixed.tensors.o_proj.format).to.equal('binary');
    const direct = packModel(unpackModel(int8), { default: 'int8', tensors: { o_proj: 'binary' } });
    expect(mixed.tensors.o_proj).to.deep.equal(direct.tensors.o_proj);
    expect(repack(int8, 'int8').tensors).to.deep.equal(int8.tensors);
  });

  it('leaves a tied head tied', () => {
    const packed = repack(packModel(smallModel({ tiedHead: true }), 'int8'), 'int2');
    expect(packed.tensors.lm_head).to.equal(packed.tensors.embed_tokens);
    expect(packed.weightFormat).to.equal('int2');
  });

  it('goes from float32 as packModel does', () => {
    const model = smallModel();
    const { tensors } = repack(packModel(model, 'float32'), 'ternary');
    const direct = packModel(model, 'ternary').tensors;
    expect(tensors).to.deep.equal(direct);
    expect(bytesOf(model.tensors.q_proj)).to.deep.equal(bytesOf(smallModel().tensors.q_proj));
  });
});
