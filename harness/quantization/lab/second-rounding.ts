import { storedMatrices } from '../../model/card-config.js';
import type { MatrixName } from '../../model/packed-model.js';
import type { QuantizedModel } from '../quantized-model.js';
import { dequantizeTensor } from '../quantizers/quantize-tensor.js';
import type { Subject } from './subject.js';

export interface SecondRounding {
  /** What the model lies in, such as `int4`. */
  readonly stored: string;
  readonly matrices: readonly MatrixName[];
  /** Whether these are all that the model has. */
  readonly all: boolean;
  /** Of a card; bits where no card has one. */
  readonly formats: readonly string[];
}

/** What a build rounded that lay in codes already, to other values; undefined where there is nothing such. */
export function secondRounding(
  { checkpoint, stored, coded = [] }: Pick<Subject, 'checkpoint' | 'stored' | 'coded'>,
  { tensors, packed }: Pick<QuantizedModel, 'tensors' | 'packed'>,
): SecondRounding | undefined {
  const matrices = coded.filter((name) => differs(valuesOf(name), checkpoint.tensors[name]));
  if (stored === undefined || matrices.length === 0) return undefined;
  const all = matrices.length === storedMatrices(checkpoint.config).length;
  return { stored, matrices, all, formats: [...new Set(matrices.map(formatOf))] };

  function valuesOf(name: MatrixName): Float32Array {
    const tensor = tensors[name];
    return 'values' in tensor ? tensor.values : dequantizeTensor(tensor);
  }

  function formatOf(name: MatrixName): string {
    const tensor = tensors[name];
    if (packed !== undefined) return packed.tensors[name].format;
    return 'values' in tensor ? tensor.format : `${tensor.grid.bits}-bit`;
  }
}

function differs(values: Float32Array, before: Float32Array): boolean {
  return values.some((value, i) => value !== before[i]);
}
