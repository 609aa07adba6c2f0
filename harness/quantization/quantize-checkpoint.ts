import { ConfigError } from '../errors.js';
import { type Checkpoint, TENSOR_NAMES } from '../model/checkpoint.js';
import { requireFinite } from '../model/finite-weights.js';
import { narrowFloats, widenFloats } from '../model/float-formats.js';
import { commonFormat, matrixShape } from '../model/pack-model.js';
import { MATRIX_NAMES, type MatrixName, type PackedModel, type PackedTensor } from '../model/packed-model.js';
import { awq } from './awq/awq.js';
import { layerOf } from './awq/fold-scale.js';
import { gptq } from './gptq/gptq.js';
import type { Calibration, QuantizedModel, Site } from './quantized-model.js';
import type { FloatTensor, Grid, QuantizedTensor } from './quantized-tensor.js';
import type { FitOptions } from './quantizers/fit.js';
import { cardFormatOf, packFloats, packQuantized } from './quantizers/pack-quantized.js';
import { dequantizeTensor, emptyTensor, quantizeTensor } from './quantizers/quantize-tensor.js';
import { buildName, type Recipe } from './recipe.js';
import { planTensors, type TensorPlan } from './tensor-plan.js';

export interface QuantizeOptions {
  /** Needed by gptq and awq. */
  readonly calibration?: Calibration;
  readonly onProgress?: (what: string) => void;
}

/** Which site's vector a matrix is multiplied with; the embedding is looked up. */
const SITE_OF: Readonly<Partial<Record<MatrixName, Site>>> = {
  q_proj: 'attention',
  k_proj: 'attention',
  v_proj: 'attention',
  o_proj: 'attended',
  gate_proj: 'mlp',
  up_proj: 'mlp',
  down_proj: 'activated',
  lm_head: 'head',
};

/**
 * Makes a build of a float32 model by a recipe; for `qat` that which training begins with (what it ends with: `buildModel`).
 * @throws ConfigError `weight-not-finite` naming the tensor, `recipe-calibration` when gptq or awq have none, and those of the recipe
 */
export function quantizeCheckpoint(
  checkpoint: Checkpoint,
  recipe: Recipe,
  { calibration, onProgress }: QuantizeOptions = {},
): QuantizedModel {
  const plans = planTensors(recipe, checkpoint.config);
  for (const name of TENSOR_NAMES) requireFinite(checkpoint.tensors[name], name, name);
  const fit = fitOf(recipe);
  const source =
    recipe.method === 'awq' ? scaled(checkpoint, recipe, plans, needed(recipe, calibration)) : checkpoint;
  const tensors = {} as Record<MatrixName, QuantizedTensor | FloatTensor>;
  for (const name of MATRIX_NAMES) {
    onProgress?.(name);
    const tied = name === 'lm_head' && source.config.tiedHead;
    tensors[name] = tied ? tensors.embed_tokens : makeTensor(source, name, plans[name]);
  }
  const { norm1, norm2, final_norm } = source.tensors;
  return buildModel(checkpoint.name, recipe, source, { tensors, norms: { norm1, norm2, final_norm } });

  function makeTensor(
    model: Checkpoint,
    matrix: MatrixName,
    plan: TensorPlan,
  ): QuantizedTensor | FloatTensor {
    const shape = matrixShape(model.config, matrix);
    const values = model.tensors[matrix];
    if ('format' in plan) return floatTensor(values, plan.format, shape, matrix);
    const site = siteOf(model, matrix);
    if (recipe.method !== 'gptq' || site === undefined)
      return quantizeTensor(values, shape, plan.grid, fit, matrix);
    return byGptq(model, matrix, plan.grid, needed(recipe, calibration), site);
  }

  function byGptq(
    model: Checkpoint,
    matrix: MatrixName,
    grid: Grid,
    seen: Calibration,
    site: Site,
  ): QuantizedTensor {
    const shape = matrixShape(model.config, matrix);
    const tensor = emptyTensor(shape, grid);
    const { damping, act_order: actOrder } = recipe;
    for (let layer = 0; layer < shape.layers; layer++)
      gptq(layerOf(model, matrix, layer), seen.sites[site][layer]!.gram, tensor, layer, {
        damping,
        actOrder,
        fit,
      });
    return tensor;
  }
}

/** The build of a model whose matrices are rounded. */
export function buildModel(
  model: string,
  recipe: Recipe,
  source: Checkpoint,
  { tensors, norms }: Pick<QuantizedModel, 'tensors' | 'norms'>,
): QuantizedModel {
  const build = { name: buildName(model, recipe), recipe, source, tensors, norms };
  return { ...build, ...packedOf(build) };
}

/** The values of a build's weights as a float32 model of its own. */
export function dequantizeModel({ name, source, tensors, norms }: QuantizedModel): Checkpoint {
  const values = { ...norms } as Record<keyof Checkpoint['tensors'], Float32Array>;
  for (const matrix of MATRIX_NAMES) {
    const tensor = tensors[matrix];
    const tied = matrix === 'lm_head' && source.config.tiedHead;
    values[matrix] = tied
      ? values.embed_tokens
      : 'values' in tensor
        ? tensor.values
        : dequantizeTensor(tensor);
  }
  return { ...source, name, tensors: values };
}

function fitOf({ method, threshold }: Recipe): FitOptions {
  return { search: method === 'naive' || method === 'nearest' ? 'widest' : 'clip', threshold };
}

/** A tied head is multiplied as well as looked up: GPTQ rounds it by what goes into the head. */
function siteOf({ config }: Checkpoint, matrix: MatrixName): Site | undefined {
  return matrix === 'embed_tokens' && config.tiedHead ? 'head' : SITE_OF[matrix];
}

function needed({ method }: Recipe, calibration: Calibration | undefined): Calibration {
  if (calibration !== undefined && calibration.positions > 0) return calibration;
  throw new ConfigError('recipe-calibration', `${method} needs calibration text: there is none`);
}

function scaled(
  checkpoint: Checkpoint,
  recipe: Recipe,
  plans: Readonly<Record<MatrixName, TensorPlan>>,
  calibration: Calibration,
): Checkpoint {
  const gridOf = (name: MatrixName): Grid | undefined => {
    const plan = plans[name];
    return 'grid' in plan ? plan.grid : undefined;
  };
  return awq(checkpoint, calibration, { gridOf, fit: fitOf(recipe) }).checkpoint;
}

function floatTensor(
  values: Float32Array,
  format: FloatTensor['format'],
  shape: { readonly layers: number; readonly rows: number; readonly cols: number },
  what: string,
): FloatTensor {
  const rounded = new Float32Array(values.length);
  widenFloats(narrowFloats(values, format, what), format, rounded);
  return { format, ...shape, values: rounded };
}

/** The card's own form of all matrices, or the first reason why there is none. */
export function packedOf({
  name,
  source: { config, source },
  tensors,
  norms,
}: Omit<QuantizedModel, 'packed' | 'unsupported'>): Pick<QuantizedModel, 'packed' | 'unsupported'> {
  const packed = {} as Record<MatrixName, PackedTensor>;
  for (const matrix of MATRIX_NAMES) {
    const tied = matrix === 'lm_head' && config.tiedHead;
    const made = tied ? packed.embed_tokens : packMatrix(tensors[matrix], matrix);
    if (typeof made === 'string') return { unsupported: made };
    packed[matrix] = made;
  }
  const model: PackedModel = {
    name,
    config,
    tensors: packed,
    norms,
    weightFormat: commonFormat(packed),
    source,
  };
  return { packed: model };
}

function packMatrix(tensor: QuantizedTensor | FloatTensor, matrix: MatrixName): PackedTensor | string {
  if ('values' in tensor) return packFloats(tensor, matrix);
  const card = cardFormatOf(tensor.grid);
  return 'why' in card ? `${matrix}: ${card.why}` : packQuantized(tensor)!;
}
