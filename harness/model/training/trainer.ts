import type { LlamaConfig } from '../checkpoint.js';
import { type AdamWSettings, adamWStep, createAdamW } from './adamw.js';
import { Choices } from './choices.js';
import { crossEntropy } from './cross-entropy.js';
import { sinCos } from './exact-math.js';
import { backward } from './llama-backward.js';
import { forward } from './llama-forward.js';
import type { MakeFloats } from './matmul.js';
import { createParameters, initialize, type Parameters } from './parameters.js';
import { createTrace, type Trace } from './trace.js';

export interface TrainingPlan {
  readonly seed: number;
  readonly steps: number;
  /** Documents in one step. */
  readonly batchSize: number;
  readonly peakLearningRate: number;
  /** Steps over which the learning rate rises in a straight line; from there it falls along a cosine. */
  readonly warmUpSteps: number;
  /** Where the cosine ends, as a share of the peak. */
  readonly finalShare: number;
  readonly optimizer: AdamWSettings;
}

export interface TrainingProgress {
  /** Steps done. */
  readonly step: number;
  /** Mean over the step's tokens, before its update. */
  readonly lossNats: number;
  readonly gradientNorm: number;
  /** Tokens predicted so far. */
  readonly tokens: number;
}

/**
 * Trains a model on documents of token ids (each with its beginning and end token): mean cross-entropy of every next token,
 * AdamW, documents in a seeded order, each once before any comes again. All arithmetic is exactly specified, so the same
 * arguments give the same weights, bit for bit, on any machine.
 *
 * @throws RangeError when a document is longer than the model's context.
 */
export function train(
  config: LlamaConfig,
  plan: TrainingPlan,
  documents: readonly (readonly number[])[],
  onProgress: (progress: TrainingProgress) => void,
  make: MakeFloats = (length) => new Float32Array(length),
): Parameters {
  const choices = new Choices(plan.seed);
  const model = createParameters(config, make);
  initialize(model, choices);
  const gradients = createParameters(config, make);
  const adam = createAdamW(plan.optimizer, model.values.length, make);
  const trace = createTrace(config, longest(documents, config.contextLength), make);
  const order = shuffledForEver(documents, choices);
  let tokens = 0;
  for (let step = 0; step < plan.steps; step++) {
    const batch = Array.from({ length: plan.batchSize }, () => order.next().value);
    const count = batch.reduce((sum, document) => sum + document.length - 1, 0);
    gradients.values.fill(0);
    let loss = 0;
    for (const document of batch) loss += addGradients(model, gradients, trace, document, 1 / count);
    const gradientNorm = adamWStep(adam, model, gradients, learningRate(plan, step));
    tokens += count;
    onProgress({ step: step + 1, lossNats: loss / count, gradientNorm, tokens });
  }
  return model;
}

/**
 * Adds `scale` times the gradient of the document's loss to `gradients`.
 *
 * @returns the loss: the sum over the document's next tokens, in nats, unscaled.
 */
export function addGradients(
  model: Parameters,
  gradients: Parameters,
  trace: Trace,
  document: readonly number[],
  scale: number,
): number {
  const inputs = document.slice(0, -1);
  forward(model, trace, inputs);
  const loss = crossEntropy(trace.logits, document.slice(1), inputs.length, model.config.vocabSize, scale);
  backward(model, gradients, trace, inputs);
  return loss;
}

/** Learning rate of a step, counted from 0. */
export function learningRate(
  plan: Pick<TrainingPlan, 'steps' | 'warmUpSteps' | 'peakLearningRate' | 'finalShare'>,
  step: number,
): number {
  const { steps, warmUpSteps, peakLearningRate, finalShare } = plan;
  if (step < warmUpSteps) return (peakLearningRate * (step + 1)) / warmUpSteps;
  const [, cos] = sinCos((Math.PI * (step - warmUpSteps)) / Math.max(1, steps - warmUpSteps));
  return peakLearningRate * (finalShare + (1 - finalShare) * 0.5 * (1 + cos));
}

function longest(documents: readonly (readonly number[])[], contextLength: number): number {
  const length = documents.reduce((most, document) => Math.max(most, document.length), 0);
  if (length > contextLength) {
    throw new RangeError(`a document of ${length} tokens does not fit the context of ${contextLength}`);
  }
  return length;
}

function* shuffledForEver<T>(items: readonly T[], choices: Choices): Generator<T, never> {
  while (true) {
    const order = [...items];
    for (let i = order.length - 1; i > 0; i--) {
      const j = choices.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    yield* order;
  }
}
