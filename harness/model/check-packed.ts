import { ConfigError } from '../errors.js';
import { requireFinite } from './finite-weights.js';
import { FLOAT_BYTES } from './float-formats.js';
import type { PackedTensor } from './packed-model.js';
import { type CodedFormat, decodeScales, scaleCount } from './row-codec.js';
import { unpackTensor } from './unpack-tensor.js';
import { rowBytes } from './weight-format.js';

/**
 * Refuses stored weights that no computation can use: a float that is NaN or infinite, a row's scale that is not finite, or is negative outside of int4.
 * @throws ConfigError `weight-not-finite` or `card-scales`: names the file, and where in it
 */
export function requireUsable(tensor: PackedTensor, name: string, path: string): void {
  const { format } = tensor;
  if (Object.hasOwn(FLOAT_BYTES, format)) requireFinite(unpackTensor(tensor), name, path);
  else if (format !== 'int8') requireUsableScales(tensor, format as CodedFormat, path);
}

function requireUsableScales(
  { layers, rows, cols, bytes }: PackedTensor,
  format: CodedFormat,
  path: string,
): void {
  const size = rowBytes(format, cols);
  const scales = new Float32Array(scaleCount(format, cols));
  const eitherSign = format === 'int4';
  for (let row = 0; row < layers * rows; row++) {
    decodeScales(format, bytes.subarray(row * size, (row + 1) * size), scales);
    const bad = scales.findIndex((scale) => !(Number.isFinite(scale) && (scale >= 0 || eitherSign)));
    if (bad < 0) continue;
    const group = scales.length === 1 ? '' : `, group ${bad}`;
    const message = `${path}: the scale of row ${row}${group} is ${scales[bad]}; it must be finite${eitherSign ? '' : ' and not negative'}`;
    throw new ConfigError('card-scales', message, { path, row, group: bad });
  }
}
