import { type Checkpoint, elementCount, type LlamaConfig, tensorShape } from '../model/checkpoint.js';
import type { MatrixName, NormName, PackedModel } from '../model/packed-model.js';
import { FloatMatrix } from './float-matrix.js';
import type { Matrix } from './matrix.js';
import { readMatrix } from './packed-matrix.js';

/** One layer's weights. Norms are (hidden). */
export interface LayerWeights {
  readonly norm1: Float32Array;
  readonly q: Matrix;
  readonly k: Matrix;
  readonly v: Matrix;
  readonly o: Matrix;
  readonly norm2: Float32Array;
  readonly gate: Matrix;
  readonly up: Matrix;
  readonly down: Matrix;
}

/** A model's weights, ready to be multiplied with. */
export interface ModelWeights {
  readonly embedding: Matrix;
  readonly layers: readonly LayerWeights[];
  /** (hidden) */
  readonly finalNorm: Float32Array;
  /** `embedding` itself, when the model's head is tied. */
  readonly head: Matrix;
}

/** What both kinds of model have, each in its own way: the matrix of a tensor at a layer, and the norms. */
interface WeightSource {
  readonly config: LlamaConfig;
  readonly matrix: (name: MatrixName, layer: number) => Matrix;
  readonly norms: Readonly<Record<NormName, Float32Array>>;
}

/** @throws ConfigError `bad-scale`, naming model and tensor */
export function modelWeights(model: Checkpoint | PackedModel): ModelWeights {
  const source = 'norms' in model ? packedSource(model) : checkpointSource(model);
  const embedding = source.matrix('embed_tokens', 0);
  return {
    embedding,
    layers: Array.from({ length: source.config.layers }, (_, layer) => layerWeights(source, layer)),
    finalNorm: source.norms.final_norm,
    head: source.config.tiedHead ? embedding : source.matrix('lm_head', 0),
  };
}

function layerWeights({ config, matrix, norms }: WeightSource, layer: number): LayerWeights {
  const norm = (name: NormName): Float32Array =>
    norms[name].subarray(layer * config.hiddenSize, (layer + 1) * config.hiddenSize);
  return {
    norm1: norm('norm1'),
    q: matrix('q_proj', layer),
    k: matrix('k_proj', layer),
    v: matrix('v_proj', layer),
    o: matrix('o_proj', layer),
    norm2: norm('norm2'),
    gate: matrix('gate_proj', layer),
    up: matrix('up_proj', layer),
    down: matrix('down_proj', layer),
  };
}

/** Views of the checkpoint's own arrays. */
function checkpointSource({ config, tensors }: Checkpoint): WeightSource {
  const matrix = (name: MatrixName, layer: number): Matrix => {
    const [rows, cols] = tensorShape(config, name).slice(-2) as [number, number];
    const size = elementCount([rows, cols]);
    return new FloatMatrix(tensors[name].subarray(layer * size, (layer + 1) * size), rows, cols);
  };
  return { config, matrix, norms: tensors };
}

function packedSource({ name: model, config, tensors, norms }: PackedModel): WeightSource {
  const matrix = (tensor: MatrixName, layer: number): Matrix => {
    const { format, layers, rows, cols, bytes, scales } = tensors[tensor];
    const size = bytes.length / layers;
    return readMatrix({
      name: `${model}: ${tensor}${layers > 1 ? `, layer ${layer}` : ''}`,
      format,
      rows,
      cols,
      bytes: bytes.subarray(layer * size, (layer + 1) * size),
      scale: scales?.[layer],
    });
  };
  return { config, matrix, norms };
}
