import { InvalidArgumentError } from 'commander';
import { MATRIX_NAMES, type MatrixName, NORM_NAMES } from '../model/packed-model.js';
import { WEIGHT_FORMATS, type WeightFormat } from '../model/weight-format.js';

export type TensorFormats = Partial<Readonly<Record<MatrixName, WeightFormat>>>;

/** An option of the form MATRIX=FORMAT that may be given several times. */
export function collectTensors(text: string, earlier: TensorFormats = {}): TensorFormats {
  const [name, format, ...rest] = text.split('=');
  if (format === undefined || rest.length > 0) {
    throw new InvalidArgumentError('MATRIX=FORMAT is needed, such as lm_head=int4.');
  }
  const matrix = oneOf(MATRIX_NAMES, name!);
  if (matrix === undefined) throw new InvalidArgumentError(notAMatrix(name!));
  const known = oneOf(WEIGHT_FORMATS, format);
  if (known === undefined) {
    throw new InvalidArgumentError(
      `no weight format is called ${format}; there are ${WEIGHT_FORMATS.join(', ')}.`,
    );
  }
  return { ...earlier, [matrix]: known };
}

function notAMatrix(name: string): string {
  if (oneOf(NORM_NAMES, name) !== undefined) return `${name} is always float32.`;
  return `no matrix is called ${name}; there are ${MATRIX_NAMES.join(', ')}.`;
}

function oneOf<T extends string>(names: readonly T[], text: string): T | undefined {
  return names.find((name) => name === text);
}
