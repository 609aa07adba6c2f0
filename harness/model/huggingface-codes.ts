import { ConfigError } from '../errors.js';
import { type LlamaConfig, type TensorName, tensorShape } from './checkpoint.js';
import { codeRange, isLopsided, isOdd } from './code-range.js';
import {
  type StoredCodes,
  type StoredGrid,
  type StoredPart,
  scalesOfLayer,
} from './huggingface-quantized.js';
import type { RangedFile } from './ranged-file.js';
import type { SafetensorsEntry } from './safetensors-read.js';

/** All codes and scales 0. */
export function emptyCodes(config: LlamaConfig, name: TensorName, grid: StoredGrid): StoredCodes {
  const [cols, rows, layers = 1] = [...tensorShape(config, name)].reverse() as [number, number, number?];
  const weights = layers * rows * cols;
  const scales = layers * scalesOfLayer(grid, rows, cols);
  return {
    grid,
    layers,
    rows,
    cols,
    codes: grid.zero_point ? new Uint8Array(weights) : new Int8Array(weights),
    scales: new Float32Array(scales),
    ...(grid.zero_point ? { zeros: new Uint8Array(scales) } : {}),
  };
}

/**
 * Reads one layer's codes, scales or zero points into their place.
 * @throws ConfigError `scale-invalid` for a scale that is not finite, or negative where codes are as many on either side of 0
 */
export async function readCodesPart(
  file: RangedFile,
  entry: SafetensorsEntry,
  { name, part, first, elements }: StoredPart,
  tensor: StoredCodes,
): Promise<void> {
  const whole = part === 'codes' ? tensor.codes : part === 'scales' ? tensor.scales : tensor.zeros!;
  const target = whole.subarray(first, first + elements);
  await file.readInto(new Uint8Array(target.buffer, target.byteOffset, target.byteLength), entry.begin);
  if (part !== 'scales') return;
  const signed = isLopsided(tensor.grid.bits, tensor.grid.zero_point);
  const index = target.findIndex((scale) => !(Number.isFinite(scale) && (scale >= 0 || signed)));
  if (index < 0) return;
  const rule = signed ? 'a scale is finite' : 'a scale is finite and not negative';
  const message = `${file.path}: ${name}[${index}] is ${target[index]}; ${rule}`;
  throw new ConfigError('scale-invalid', message, { path: file.path, tensor: name, index });
}

/** @throws ConfigError `codes-invalid` for a code or a zero point that the grid does not have */
export function requireCodes({ grid, codes, zeros }: StoredCodes, name: TensorName, folder: string): void {
  const { bits, zero_point } = grid;
  const [least, largest] = codeRange(bits, zero_point);
  const odd = isOdd(bits, zero_point);
  for (const values of zeros === undefined ? [codes] : [codes, zeros]) {
    const index = values.findIndex((code) => code < least || code > largest || (odd && code % 2 === 0));
    if (index < 0) continue;
    const message = `${folder}: ${name}: code ${values[index]} at ${index} is not one of ${bits} bits`;
    throw new ConfigError('codes-invalid', message, { path: folder, tensor: name });
  }
}
