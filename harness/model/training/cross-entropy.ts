import { exp, log } from './exact-math.js';
import type { Floats } from './matmul.js';

/**
 * Sum over the rows of -ln softmax(logits(rows, classes))[target], in nats. Turns the logits into the gradient of that
 * sum times `scale`.
 */
export function crossEntropy(
  logits: Floats,
  targets: ArrayLike<number>,
  rows: number,
  classes: number,
  scale: number,
): number {
  let loss = 0;
  for (let row = 0; row < rows; row++) {
    const at = row * classes;
    let largest = -Infinity;
    for (let i = 0; i < classes; i++) if (logits[at + i]! > largest) largest = logits[at + i]!;
    const chosen = logits[at + targets[row]!]! - largest;
    let sum = 0;
    for (let i = 0; i < classes; i++) {
      const weight = exp(logits[at + i]! - largest);
      logits[at + i] = weight;
      sum += weight;
    }
    loss += log(sum) - chosen;
    const share = scale / sum;
    for (let i = 0; i < classes; i++) logits[at + i]! *= share;
    logits[at + targets[row]!]! -= scale;
  }
  return loss;
}
