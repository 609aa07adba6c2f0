import { TENSOR_NAMES, type TensorName } from '../checkpoint.js';
import type { Floats, MakeFloats } from './matmul.js';
import type { Parameters } from './parameters.js';

export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  /** Share of a weight that each step takes away, times the learning rate. Norms are not decayed. */
  readonly weightDecay: number;
  /** The gradient is scaled down to this length when it is longer. */
  readonly maxGradientNorm: number;
}

/** The optimizer's memory: the step count (as powers of the betas) and the two moments of each gradient. */
export interface AdamW {
  readonly settings: AdamWSettings;
  readonly mean: Floats;
  readonly square: Floats;
  beta1Power: number;
  beta2Power: number;
}

export function createAdamW(settings: AdamWSettings, length: number, make: MakeFloats): AdamW {
  return { settings, mean: make(length), square: make(length), beta1Power: 1, beta2Power: 1 };
}

/** One AdamW step (Loshchilov and Hutter 2019) after clipping; returns the gradient's length before it. */
export function adamWStep(
  adam: AdamW,
  model: Parameters,
  gradients: Parameters,
  learningRate: number,
): number {
  const norm = length(gradients.values);
  const { beta1, beta2, weightDecay, maxGradientNorm } = adam.settings;
  const scale = norm > maxGradientNorm ? maxGradientNorm / norm : 1;
  adam.beta1Power *= beta1;
  adam.beta2Power *= beta2;
  let begin = 0;
  for (const name of ownTensors(model)) {
    const end = begin + model.tensors[name].length;
    update(
      adam,
      model.values,
      gradients.values,
      begin,
      end,
      scale,
      learningRate,
      name.includes('norm') ? 0 : weightDecay,
    );
    begin = end;
  }
  return norm;
}

function ownTensors({ config }: Parameters): TensorName[] {
  return TENSOR_NAMES.filter((name) => !(config.tiedHead && name === 'lm_head'));
}

function update(
  adam: AdamW,
  values: Floats,
  gradients: Floats,
  begin: number,
  end: number,
  scale: number,
  learningRate: number,
  decay: number,
): void {
  const { beta1, beta2, eps } = adam.settings;
  const { mean, square } = adam;
  const meanScale = 1 / (1 - adam.beta1Power);
  const squareScale = 1 / (1 - adam.beta2Power);
  for (let i = begin; i < end; i++) {
    const g = gradients[i]! * scale;
    mean[i] = beta1 * mean[i]! + (1 - beta1) * g;
    square[i] = beta2 * square[i]! + (1 - beta2) * g * g;
    const step = (mean[i]! * meanScale) / (Math.sqrt(square[i]! * squareScale) + eps);
    values[i] = values[i]! - learningRate * (step + decay * values[i]!);
  }
}

function length(x: Floats): number {
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += x[i]! * x[i]!;
  return Math.sqrt(squares);
}
