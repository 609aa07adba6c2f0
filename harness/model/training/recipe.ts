import type { LlamaConfig } from '../checkpoint.js';
import { collectStories, type Story } from './corpus.js';
import { BEGIN_ID, END_ID } from './train-tokenizer.js';
import type { TrainingPlan } from './trainer.js';

/** Everything that decides what `npm run fixture:train` makes. */
export const RECIPE = {
  name: 'little-stories',
  trainingSeed: 2024,
  trainingStories: 24_000,
  heldOutSeed: 2025,
  heldOutStories: 150,
  /** Longer stories are left out, so that each fits the context with room to spare. */
  longestStoryTokens: 250,
  /** The first of the held-out stories: few enough that a unit test can measure them again. */
  checkedStories: 40,
  sampleSeed: 11,
  sampleTokens: 90,
} as const;

/** Tiny-LLM's topology, small: one layer, two query heads on one key-value head, untied head. */
export const CONFIG: LlamaConfig = {
  hiddenSize: 64,
  ffnSize: 192,
  layers: 1,
  heads: 2,
  kvHeads: 1,
  headSize: 32,
  vocabSize: 512,
  contextLength: 256,
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  tiedHead: false,
  bosId: BEGIN_ID,
  eosIds: [END_ID],
};

export const PLAN: TrainingPlan = {
  seed: 1,
  steps: 6000,
  batchSize: 4,
  peakLearningRate: 0.02,
  warmUpSteps: 200,
  finalShare: 0.02,
  optimizer: { beta1: 0.9, beta2: 0.98, eps: 1e-8, weightDecay: 0.05, maxGradientNorm: 1 },
};

export function trainingStories(): Story[] {
  return collectStories(RECIPE.trainingSeed, RECIPE.trainingStories);
}

/** Stories of another seed, none of which is among the training stories. */
export function heldOutStories(training: readonly Story[]): Story[] {
  return collectStories(RECIPE.heldOutSeed, RECIPE.heldOutStories, new Set(training.map(({ text }) => text)));
}
