import { expect } from 'chai';
import { type LlamaConfig, TENSOR_NAMES } from '../../model/checkpoint.js';
import { refusal, smallModel } from '../../model/model-fixtures.js';
import type { Floats } from '../../model/training/matmul.js';
import type { Distillation } from './distillation.js';
import { fillParameters, type Passes } from './passes.js';
import { simdPasses } from './simd-passes.js';
import { trainerPasses } from './testing/trainer-passes.js';

/** Of a tensor's gradient, the length of the difference over the length. Sums of binary32 over some hundred products. */
const TOLERANCE = 1e-5;

/** Longer than a block of attention's rows, and no multiple of a tile's. */
const LONG = 71;

describe('passes in WebAssembly', () => {
  const shapes: readonly Partial<LlamaConfig>[] = [
    {},
    { tiedHead: true },
    { hiddenSize: 24, headSize: 6, heads: 4, kvHeads: 2, ffnSize: 37, vocabSize: 53, layers: 3 },
    { heads: 4, kvHeads: 4, headSize: 8, ffnSize: 5, vocabSize: 17 },
  ];
  for (const shape of shapes) {
    it(`give the trainer's losses and gradients: ${JSON.stringify(shape)}`, async () => {
      const { simd, trainer } = await bothPasses(shape, { share: 0.3, temperature: 1.5 });
      for (const length of [2, 3, 34, LONG]) expectSame(simd, trainer, length);
    });
  }

  for (const share of [0, 1]) {
    it(`give them where the teacher's share is ${share}`, async () => {
      const { simd, trainer } = await bothPasses({}, { share, temperature: 1 });
      for (const length of [LONG, 9]) expectSame(simd, trainer, length);
    });
  }

  it('add up the gradients of documents, weighed', async () => {
    const { simd } = await bothPasses({}, { share: 0.5, temperature: 1 });
    const one = gradientOf(simd, [[9, 0.25]]);
    const two = gradientOf(simd, [[20, 0.5]]);
    const both = gradientOf(simd, [
      [9, 0.25],
      [20, 0.5],
    ]);
    const sum = one.map((value, i) => value + two[i]!);
    expect(distance(both, sum)).to.be.below(TOLERANCE);
    expect(distance(both, one)).to.be.above(0.1);
  });

  it('give the same bits each time', async () => {
    const run = async () => {
      const { simd } = await bothPasses({}, { share: 0.5, temperature: 2 });
      return gradientOf(simd, [[LONG, 1]]);
    };
    expect(await run()).to.deep.equal(await run());
  });

  it('refuse a model with more layers than they have room for', async () => {
    const deep = smallModel({ layers: 65 });
    const { code } = await refusal(() => simdPasses(deep, { share: 1, temperature: 1 }, 8));
    expect(code).to.equal('model-too-large');
  });
});

/** Of a model whose student is another model than its teacher. */
async function bothPasses(
  shape: Partial<LlamaConfig>,
  distillation: Distillation,
): Promise<{ readonly simd: Passes; readonly trainer: Passes }> {
  const config = { contextLength: LONG, ...shape };
  const teacher = smallModel(config, 1);
  const simd = await simdPasses(teacher, distillation, LONG);
  const trainer = trainerPasses(teacher, distillation, LONG);
  for (const { student } of [simd, trainer]) fillParameters(student, smallModel(config, 2));
  return { simd, trainer };
}

function expectSame(simd: Passes, trainer: Passes, length: number): void {
  const ids = documentOf(length, simd);
  for (const { gradients } of [simd, trainer]) gradients.values.fill(0);
  const found = simd.addGradients(ids, 1 / length);
  const expected = trainer.addGradients(ids, 1 / length);
  for (const loss of ['crossEntropy', 'divergence', 'mixed'] as const)
    expect(found[loss], loss).to.be.closeTo(expected[loss], 1e-5 * length);
  for (const name of TENSOR_NAMES) {
    const error = distance(simd.gradients.tensors[name], trainer.gradients.tensors[name]);
    expect(error, `${name} of ${length} tokens`).to.be.below(TOLERANCE);
  }
}

/** Of documents with lengths and weights. */
function gradientOf(passes: Passes, documents: readonly (readonly [number, number])[]): Float64Array {
  passes.gradients.values.fill(0);
  for (const [length, scale] of documents) passes.addGradients(documentOf(length, passes), scale);
  return Float64Array.from(passes.gradients.values);
}

function documentOf(length: number, { student: { config } }: Passes): number[] {
  return Array.from({ length }, (_, i) => (i * i * 7 + 3 * i + 1) % config.vocabSize);
}

/** |a - b| / |b|; 0 where both are 0. */
function distance(a: Floats, b: Floats): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < b.length; i++) {
    error += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return error === 0 ? 0 : Math.sqrt(error / size);
}
