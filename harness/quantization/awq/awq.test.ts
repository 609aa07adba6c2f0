import { expect } from 'chai';
import type { Checkpoint, LlamaConfig } from '../../model/checkpoint.js';
import { makeModel } from '../../model/make-model.js';
import type { MatrixName } from '../../model/packed-model.js';
import { createOracle } from '../../reference/oracle.js';
import { calibrate } from '../calibration/calibrate.js';
import { dequantizeModel, quantizeCheckpoint } from '../quantize-checkpoint.js';
import type { Calibration, QuantizedModel, Site } from '../quantized-model.js';
import type { Grid } from '../quantized-tensor.js';
import { recipeSchema } from '../recipe.js';
import { awq } from './awq.js';
import { foldScale } from './fold-scale.js';

const CONFIG: LlamaConfig = {
  hiddenSize: 48,
  ffnSize: 80,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headSize: 12,
  vocabSize: 97,
  contextLength: 64,
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  tiedHead: false,
  bosId: 1,
  eosIds: [2],
};

/** Some channels are much larger than others, as in trained models. */
function lopsided(tiedHead = false): Checkpoint {
  const model = makeModel({ ...CONFIG, tiedHead }, { seed: 8 });
  for (const name of ['norm1', 'norm2', 'final_norm'] as const)
    for (let i = 0; i < model.tensors[name].length; i += 7) model.tensors[name][i]! *= 12;
  return model;
}

const documents = [0, 1, 2].map((n) => Array.from({ length: 40 }, (_, i) => (i * 13 + n * 5) % 97));
const grid: Grid = { bits: 3, group: 16, zeroPoint: false };
const options = { gridOf: () => grid, fit: { search: 'clip' } } as const;

function logitsOf(model: Checkpoint): Float32Array[] {
  const oracle = createOracle(model, { contextLength: 64 });
  return documents[0]!.map((id, at) => Float32Array.from(oracle.forward(id, at)));
}

const SITE_READERS = {
  attention: ['q_proj', 'k_proj', 'v_proj'],
  attended: ['o_proj'],
  mlp: ['gate_proj', 'up_proj'],
  activated: ['down_proj'],
  head: ['lm_head'],
} as const;

/** Rows of v and up are folded once more, by the site that they make: their scales in bf16 are then not quite the same. */
const noiseOf = (site: Site): number => (site === 'attention' || site === 'mlp' ? 0.02 : 1e-6);

/**
 * Sum over positions and outputs, squared, of what rounding does to a matrix, in the original's coordinates: each weight's error is scaled back
 * by what folding did to that weight, whatever scales were chosen.
 */
function siteError(
  original: Checkpoint,
  build: QuantizedModel,
  name: MatrixName,
  layer: number,
  gram: Float64Array,
): number {
  const cols = Math.sqrt(gram.length);
  const layers = name === 'lm_head' ? 1 : CONFIG.layers;
  const [weights, folded, rounded] = [original, build.source, dequantizeModel(build)].map(({ tensors }) => {
    const size = tensors[name].length / layers;
    return tensors[name].subarray(layer * size, (layer + 1) * size);
  });
  const off = Float64Array.from(weights!, (weight, i) =>
    folded![i] === 0 ? rounded![i]! : (rounded![i]! - folded![i]!) * (weight / folded![i]!),
  );
  let sum = 0;
  for (let row = 0; row < off.length; row += cols)
    for (let i = 0; i < cols; i++)
      for (let j = 0; j < cols; j++) sum += off[row + i]! * gram[i * cols + j]! * off[row + j]!;
  return sum;
}

describe('foldScale', () => {
  for (const site of ['attention', 'attended', 'mlp', 'activated', 'head'] as const) {
    it(`leaves what the model computes as it was (${site})`, () => {
      const model = lopsided();
      const expected = logitsOf(model);
      const size = { attention: 48, attended: 48, mlp: 48, activated: 80, head: 48 }[site];
      const scales = Float64Array.from({ length: size }, (_, i) => 1 + ((i % 12) % 5) / 3);
      const before = model.tensors.norm1.slice();
      foldScale(model, site, site === 'head' ? 0 : 1, scales);
      const found = logitsOf(model);
      const furthest = Math.max(
        ...expected.flatMap((one, at) => [...one].map((logit, i) => Math.abs(logit - found[at]![i]!))),
      );
      expect(furthest).to.be.below(1e-3);
      expect(model.tensors.norm1.subarray(0, 48)).to.deep.equal(before.subarray(0, 48));
    });
  }
});

describe('awq', () => {
  let calibration: Calibration;
  before(async () => {
    calibration = await calibrate(lopsided(), documents, { threads: 1 });
  });

  it('never does worse than plain rounding on its own objective, and better where channels differ', () => {
    const { choices } = awq(lopsided(), calibration, options);
    expect(choices).to.have.length(9);
    for (const { site, layer, error, plainError } of choices)
      expect(error, `${site} of layer ${layer}`).to.be.at.most(plainError);
    const total = (key: 'error' | 'plainError') => choices.reduce((sum, one) => sum + one[key], 0);
    expect(total('error')).to.be.below(0.9 * total('plainError'));
  });

  it('is no worse at any site when its build is held against plain rounding by the weights alone', () => {
    const original = lopsided();
    const build = (method: 'awq' | 'clip') =>
      quantizeCheckpoint(original, recipeSchema.parse({ method, bits: 3, group: 16 }), { calibration });
    const [scaled, plain] = [build('awq'), build('clip')];
    const { choices } = awq(original, calibration, options);
    for (const { site, layer, error, plainError } of choices) {
      const { gram } = calibration.sites[site][layer]!;
      const [found, without] = [scaled, plain].map((one) =>
        SITE_READERS[site].reduce((sum, name) => sum + siteError(original, one, name, layer, gram), 0),
      );
      const where = `${site} of layer ${layer}`;
      expect(found, where).to.be.at.most(without! * (1 + noiseOf(site)));
      expect(without! / plainError, where).to.be.closeTo(1, 1e-9);
      expect(found! / error, where).to.be.closeTo(1, noiseOf(site));
    }
  });

  it('leaves what the model computes as it was, and the model that it was given', () => {
    const model = lopsided();
    const expected = logitsOf(model);
    const { checkpoint } = awq(model, calibration, options);
    expect(logitsOf(model)).to.deep.equal(expected);
    const found = logitsOf(checkpoint);
    const furthest = Math.max(
      ...expected.flatMap((one, at) => [...one].map((logit, i) => Math.abs(logit - found[at]![i]!))),
    );
    expect(furthest).to.be.below(1e-2);
    expect(furthest).to.be.above(0);
  });

  it('leaves a tied head and matrices in floats alone', () => {
    const model = lopsided(true);
    const { checkpoint, choices } = awq(model, calibration, {
      ...options,
      gridOf: (name: MatrixName) => (name === 'down_proj' ? undefined : grid),
    });
    expect(choices.map(({ site }) => site)).to.not.include('head');
    expect(checkpoint.tensors.down_proj).to.deep.equal(model.tensors.down_proj);
    expect(checkpoint.tensors.lm_head).to.equal(checkpoint.tensors.embed_tokens);
    expect(checkpoint.tensors.embed_tokens).to.deep.equal(model.tensors.embed_tokens);
  });
});

describe('calibrate', () => {
  it('gives the same sums whatever the number of threads', async () => {
    const [one, three] = await Promise.all(
      [1, 3].map((threads) => calibrate(lopsided(), documents, { threads })),
    );
    expect(three).to.deep.equal(one);
    expect(one!.positions).to.equal(120);
    expect(one!.sites.activated).to.have.length(2);
    expect(one!.sites.activated[0]!.gram).to.have.length(80 * 80);
  });
});
