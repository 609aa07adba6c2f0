import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { packedHash } from '../../bench/packed-hash.js';
import { readModel } from '../../bench/read-model.js';
import { parseScenario, type ScenarioInput } from '../../bench/scenario-spec.js';
import { exportCard } from '../../model/export-card.js';
import { smallModel, temporaryFolder } from '../../model/model-fixtures.js';
import { modelHash } from '../../model/model-hash.js';
import { readPackedCard } from '../../model/read-card.js';
import { readPacked } from '../../model/read-packed.js';
import { llama2cFile, PIECES } from '../../model/tokenizer-fixtures.js';
import { unpackModel } from '../../model/unpack-model.js';
import { dequantizeModel, quantizeCheckpoint } from '../quantize-checkpoint.js';
import type { QuantizedModel } from '../quantized-model.js';
import { BITS, type Grid, type Group } from '../quantized-tensor.js';
import { cardFormatOf } from '../quantizers/pack-quantized.js';
import { type RecipeInput, recipeSchema } from '../recipe.js';
import { writeQuantizedFolder } from './write-quantized-folder.js';

const GROUPS: readonly Group[] = ['tensor', 'row', 32, 64];
const cardGrids: readonly Grid[] = BITS.flatMap((bits) =>
  GROUPS.map((group): Grid => ({ bits, group, zeroPoint: false })),
).filter((grid) => 'format' in cardFormatOf(grid));

/** Matrices in several grids, and in floats. */
const MIXED: RecipeInput = {
  method: 'clip',
  bits: 4,
  exceptions: { o_proj: { bits: 8, group: 'row' }, v_proj: 'bfloat16', up_proj: { bits: 1 } },
};

function build(input: RecipeInput, change: Parameters<typeof smallModel>[0] = {}): QuantizedModel {
  return quantizeCheckpoint(
    smallModel({ vocabSize: PIECES.length, hiddenSize: 40, headSize: 10, ...change }, 7),
    recipeSchema.parse(input),
  );
}

describe('a build in the format that it has', () => {
  const at = temporaryFolder();
  before(() => writeFile(at('tok.bin'), llama2cFile()));

  const write = async (model: QuantizedModel, name: string) =>
    (await writeQuantizedFolder(model, at(name), { tokenizerPath: at('tok.bin') })).cardFolder!;
  const formatOf = ({ packed }: QuantizedModel) =>
    packed!.weightFormat === 'mixed' ? undefined : packed!.weightFormat;
  /** Both as it is without a format and in its own, from its folder and from its card. */
  async function expectKept(model: QuantizedModel, name: string): Promise<void> {
    const card = await write(model, name);
    for (const path of [at(name), join(at(name), 'model.safetensors'), card])
      for (const format of new Set([undefined, formatOf(model)])) {
        const read = await readPacked(path, { format });
        expect(read.rounding).to.equal(undefined);
        const options = { tokenizerPath: at(name, 'tokenizer.bin') };
        await exportCard(read.packed, at('again'), options);
        expect(await contents(at('again')), `${path} as ${format}`).to.deep.equal(await contents(card));
      }
  }

  for (const { bits, group } of cardGrids)
    it(`is exported as the lab’s own card, to the byte (${bits} bits, ${group})`, async () => {
      for (const tiedHead of [false, true])
        await expectKept(build({ method: 'clip', bits, group }, { tiedHead }), 'grid');
    });

  it('is exported as the lab’s own card with matrices of many formats', async () => {
    for (const tiedHead of [false, true]) await expectKept(build(MIXED, { tiedHead }), 'mixed');
  });

  it('runs with the weights of its card', async () => {
    for (const bits of [8, 4, 2, 1.58, 1] as const) {
      const model = build({ method: 'clip', bits, group: bits === 8 ? 'tensor' : 'row' });
      const expected = await readPackedCard(await write(model, 'run'));
      for (const format of [undefined, formatOf(model)]) {
        const { packed, checkpoint } = await readForRun({ format });
        expect(packedHash(packed), `${bits} bits as ${format}`).to.equal(packedHash(expected));
        expect(modelHash(checkpoint)).to.equal(modelHash(unpackModel(expected)));
      }
    }
  });

  it('is rounded a second time only in what is asked for in another format, and this is told', async () => {
    const model = build({ method: 'clip', bits: 4, group: 32 });
    await write(model, 'run');
    const { packed, rounding } = await readForRun({ format: 'int4', tensors: { o_proj: 'int8' } });
    expect(rounding).to.deep.equal({ stored: 'int4', matrices: ['o_proj'], all: false, formats: ['int8'] });
    expect(packed.tensors.q_proj).to.deep.equal(model.packed!.tensors.q_proj);
    expect((await readForRun({ format: 'int2' })).rounding).to.deep.include({ all: true, formats: ['int2'] });
    const { packed: wide, rounding: none } = await readForRun({ format: 'float32' });
    expect([wide.weightFormat, none]).to.deep.equal(['float32', undefined]);
    expect(unpackModel(wide).tensors).to.deep.equal(dequantizeModel(model).tensors);
  });

  it('is float32 without a format where no card holds it', async () => {
    const model = build({ method: 'clip', bits: 4, group: 32, zero_point: true });
    await writeQuantizedFolder(model, at('run'), { tokenizerPath: at('tok.bin') });
    const { packed, rounding } = await readForRun({});
    expect([packed.weightFormat, rounding]).to.deep.equal(['float32', undefined]);
    expect(unpackModel(packed).tensors).to.deep.equal(dequantizeModel(model).tensors);
    const { rounding: again } = await readForRun({ format: 'int4' });
    expect(again).to.deep.include({ stored: '4-bit+float32', all: true, formats: ['int4'] });
  });

  it('keeps its values where its scales are finer than those of a card', async () => {
    const model = build({ method: 'clip', bits: 4, group: 32 });
    const { q_proj } = model.tensors;
    if ('scales' in q_proj) q_proj.scales[0] = 0.0123;
    await writeQuantizedFolder(model, at('fine'));
    const { packed } = await readPacked(at('fine'));
    expect(unpackModel(packed).tensors).to.deep.equal(dequantizeModel(model).tensors);
  });

  function readForRun(input: Pick<ScenarioInput, 'tensors'> & { readonly format?: ScenarioInput['format'] }) {
    const { format, ...rest } = input;
    return readModel(
      parseScenario('run', { model: at('run'), ...rest, ...(format === undefined ? {} : { format }) }),
    );
  }
});

async function contents(folder: string): Promise<Readonly<Record<string, string>>> {
  const names = (await readdir(folder)).sort();
  const files = await Promise.all(
    names.map(async (name) => [name, (await readFile(join(folder, name))).toString('base64')]),
  );
  return Object.fromEntries(files);
}
