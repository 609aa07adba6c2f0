import { ConfigError } from '../errors.js';

/**
 * Refuses NaN and infinite weights.
 * @throws ConfigError `weight-not-finite`: names the file, the tensor and the element's index
 */
export function requireFinite(values: Float32Array, tensor: string, path: string): void {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  for (let index = 0; index < bits.length; index++) {
    if ((bits[index]! & 0x7f800000) === 0x7f800000) {
      const value = String(values[index]);
      throw new ConfigError(
        'weight-not-finite',
        `${path}: weight ${tensor}[${index}] is ${value}; the file is damaged, or its training diverged`,
        { path, tensor, index, value },
      );
    }
  }
}
