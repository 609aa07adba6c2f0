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

/** What the parts of a model share: the settings, and the step count as powers of the betas. */
export interface AdamClock {
  readonly settings: Omit<AdamWSettings, 'weightDecay'>;
  beta1Power: number;
  beta2Power: number;
}

/** The two moments of each gradient. */
export interface AdamMoments {
  readonly mean: Floats;
  readonly square: Floats;
}

/** The optimizer's memory for a whole model. */
export interface AdamW extends AdamClock, AdamMoments {
  readonly settings: AdamWSettings;
}

export function createAdamW(settings: AdamWSettings, length: number, make: MakeFloats): AdamW {
  return { ...startAdamClock(settings), settings, mean: make(length), square: make(length) };
}

export function startAdamClock(settings: AdamClock['settings']): AdamClock {
  return { settings, beta1Power: 1, beta2Power: 1 };
}

/** One AdamW step (Loshchilov and Hutter 2019) after clipping; returns the gradient's length before it. */
export function adamWStep(
  adam: AdamW,
  model: Parameters,
  gradients: Parameters,
  learningRate: number,
): number {
  const { weightDecay } = adam.settings;
  const { norm, scale } = clipGradient(adam.settings, gradients.values);
  tickAdam(adam);
  let begin = 0;
  for (const name of ownTensors(model)) {
    const end = begin + model.tensors[name].length;
    const part = (all: Floats): Floats => all.subarray(begin, end);
    const moments = { mean: part(adam.mean), square: part(adam.square) };
    const rates = { learningRate, decay: name.includes('norm') ? 0 : weightDecay };
    adamWUpdate(adam, moments, part(model.values), part(gradients.values), scale, rates);
    begin = end;
  }
  return norm;
}

function ownTensors({ config }: Parameters): TensorName[] {
  return TENSOR_NAMES.filter((name) => !(config.tiedHead && name === 'lm_head'));
}

/** The gradient's length, and what it is multiplied with so as not to be longer than the settings allow. */
export function clipGradient(
  { maxGradientNorm }: Pick<AdamWSettings, 'maxGradientNorm'>,
  gradient: Floats,
): { readonly norm: number; readonly scale: number } {
  const norm = length(gradient);
  return { norm, scale: norm > maxGradientNorm ? maxGradientNorm / norm : 1 };
}

/** Begins a step: before its `adamWUpdate`s. */
export function tickAdam(clock: AdamClock): void {
  clock.beta1Power *= clock.settings.beta1;
  clock.beta2Power *= clock.settings.beta2;
}

/** A step's update of some of the values. @param scale of the gradients */
export function adamWUpdate(
  { settings: { beta1, beta2, eps }, beta1Power, beta2Power }: AdamClock,
  { mean, square }: AdamMoments,
  values: Floats,
  gradients: Floats,
  scale: number,
  { learningRate, decay }: { readonly learningRate: number; readonly decay: number },
): void {
  const meanScale = 1 / (1 - beta1Power);
  const squareScale = 1 / (1 - beta2Power);
  for (let i = 0; i < values.length; i++) {
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
