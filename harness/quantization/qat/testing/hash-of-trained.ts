import { createHash } from 'node:crypto';
import type { Trained } from '../quantized-student.js';

/** SHA-256 over every code, scale and float that training left. */
export function hashOfTrained({ tensors, norms }: Trained): string {
  const hash = createHash('sha256');
  for (const tensor of Object.values(tensors)) {
    if ('values' in tensor) hash.update(tensor.values);
    else hash.update(tensor.codes).update(tensor.scales);
  }
  for (const norm of Object.values(norms)) hash.update(norm);
  return hash.digest('hex');
}
