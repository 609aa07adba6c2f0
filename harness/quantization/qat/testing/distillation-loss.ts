import { exp, log } from '../../../model/training/exact-math.js';
import type { Floats } from '../../../model/training/matmul.js';
import type { Distillation, Losses } from '../distillation.js';

/**
 * The losses of rows of logits (rows, classes) against a teacher's of the same shape. Turns the logits into the gradient of the mixed loss
 * times `scale`: share * T * (softmax(student / T) - softmax(teacher / T)) + (1 - share) * (softmax(student) - onehot(target)).
 */
export function distillationLoss(
  logits: Floats,
  teacher: Floats,
  targets: ArrayLike<number>,
  rows: number,
  classes: number,
  { share, temperature }: Distillation,
  scale: number,
): Losses {
  const room = [0, 1, 2].map(() => new Float64Array(classes));
  const [plain, warm, taught] = room as [Float64Array, Float64Array, Float64Array];
  let crossEntropy = 0;
  let divergence = 0;
  for (let row = 0; row < rows; row++) {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    const theirs = teacher.subarray(row * classes, (row + 1) * classes);
    const target = targets[row]!;
    const total = softmax(plain, own, 1);
    const warmTotal = softmax(warm, own, temperature);
    const taughtTotal = softmax(taught, theirs, temperature);
    crossEntropy += total - own[target]!;
    divergence += warmTotal - taughtTotal;
    for (let i = 0; i < classes; i++) divergence += (taught[i]! * (theirs[i]! - own[i]!)) / temperature;
    for (let i = 0; i < classes; i++) {
      own[i] = scale * (share * temperature * (warm[i]! - taught[i]!) + (1 - share) * plain[i]!);
    }
    own[target]! -= scale * (1 - share);
  }
  const mixed = (1 - share) * crossEntropy + share * temperature ** 2 * divergence;
  return { crossEntropy, divergence, mixed };
}

/** out = softmax(logits / temperature); returns ln of the sum of e^(logit / temperature). */
function softmax(out: Float64Array, logits: Floats, temperature: number): number {
  let largest = -Infinity;
  for (let i = 0; i < out.length; i++) if (logits[i]! > largest) largest = logits[i]!;
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    const weight = exp((logits[i]! - largest) / temperature);
    out[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < out.length; i++) out[i]! /= sum;
  return largest / temperature + log(sum);
}
