import { createHash } from 'node:crypto';
import { MATRIX_NAMES, NORM_NAMES, type PackedModel } from '../model/packed-model.js';

/** SHA-256, as 64 hex digits, of everything that a forward pass takes from a packed model: equal hashes, equal logits. */
export function packedHash({ config, tensors, norms }: PackedModel): string {
  const hash = createHash('sha256').update(JSON.stringify(Object.entries(config).sort()));
  for (const name of MATRIX_NAMES) {
    const { bytes, ...shape } = tensors[name];
    hash.update(JSON.stringify([name, ...Object.entries(shape).sort(), bytes.length])).update(bytes);
  }
  for (const name of NORM_NAMES) {
    const { buffer, byteOffset, byteLength } = norms[name];
    hash.update(`${name} ${byteLength}`).update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}
