import { ConfigError } from '../errors.js';
import { type LlamaConfig, type TensorName, tensorShape } from './checkpoint.js';
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
  const signed = isLopsided(tensor.grid);
  const index = target.findIndex((scale) => !(Number.isFinite(scale) && (scale >= 0 || signed)));
  if (index < 0) return;
  const rule = signed ? 'a scale is finite' : 'a scale is finite and not negative';
  const message = `${file.path}: ${name}[${index}] is ${target[index]}; ${rule}`;
  throw new ConfigError('scale-invalid', message, { path: file.path, tensor: name, index });
}

/** 3 and 4 bits have a code more below zero than above, and a scale of either sign says for which weights. */
function isLopsided({ bits, zero_point }: StoredGrid): boolean {
  return !zero_point && (bits === 3 || bits === 4);
}
