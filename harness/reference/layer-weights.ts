import { type Checkpoint, elementCount, type TensorName, tensorShape } from '../model/checkpoint.js';

/** One layer's tensors, views of the checkpoint's own. Matrices are (rows, columns), row-major. */
export interface LayerWeights {
  readonly norm1: Float32Array;
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  readonly o: Float32Array;
  readonly norm2: Float32Array;
  readonly gate: Float32Array;
  readonly up: Float32Array;
  readonly down: Float32Array;
}

/** The layers of a checkpoint, in order. */
export function layerWeights({ config, tensors }: Checkpoint): LayerWeights[] {
  return Array.from({ length: config.layers }, (_, layer) => {
    const part = (name: TensorName): Float32Array => {
      const size = elementCount(tensorShape(config, name).slice(1));
      return tensors[name].subarray(layer * size, (layer + 1) * size);
    };
    return {
      norm1: part('norm1'),
      q: part('q_proj'),
      k: part('k_proj'),
      v: part('v_proj'),
      o: part('o_proj'),
      norm2: part('norm2'),
      gate: part('gate_proj'),
      up: part('up_proj'),
      down: part('down_proj'),
    };
  });
}
