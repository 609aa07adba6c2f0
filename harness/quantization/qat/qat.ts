import { Worker } from 'node:worker_threads';
import { ConfigError } from '../../errors.js';
import type { Checkpoint } from '../../model/checkpoint.js';
import type { Recipe } from '../recipe.js';
import { defaultPlan, type QatPlan } from './plan.js';
import type { Trained } from './quantized-student.js';
import type { QatOptions, QatProgress } from './train-quantized.js';

export interface QuantizeByTrainingOptions extends Omit<QatOptions, 'plan' | 'nowMs'> {
  /** Default: `defaultPlan` of the recipe's bits and steps. */
  readonly plan?: QatPlan;
}

/** What the training thread is started with. */
export interface TrainingTask {
  readonly checkpoint: Checkpoint;
  readonly recipe: Recipe;
  readonly documents: readonly (readonly number[])[];
  readonly options: Pick<QatOptions, 'plan' | 'stateFile' | 'saveEverySeconds'>;
}

/** What it says. `stopped` answers the message `stop`. */
export type TrainingNews =
  | { readonly kind: 'progress'; readonly progress: QatProgress }
  | { readonly kind: 'done'; readonly trained: Trained }
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly message: string;
      readonly details: Record<string, unknown>;
    };

/**
 * Trains a model for a recipe (`trainQuantized`) in a thread of its own, so that the caller stays responsive.
 * @throws as `trainQuantized`
 */
export async function quantizeByTraining(
  checkpoint: Checkpoint,
  recipe: Recipe,
  documents: readonly (readonly number[])[],
  {
    plan = defaultPlan(recipe.bits, recipe.steps),
    onProgress,
    signal,
    ...kept
  }: QuantizeByTrainingOptions = {},
): Promise<Trained> {
  signal?.throwIfAborted();
  const task: TrainingTask = { checkpoint, recipe, documents, options: { plan, ...kept } };
  const worker = new Worker(new URL('./qat-worker.js', import.meta.url), { workerData: task });
  const stop = () => worker.postMessage('stop');
  signal?.addEventListener('abort', stop);
  try {
    return await whatWasTrained(worker, onProgress, signal);
  } finally {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

function whatWasTrained(
  worker: Worker,
  onProgress: QatOptions['onProgress'],
  signal: AbortSignal | undefined,
): Promise<Trained> {
  return new Promise((resolve, reject) => {
    worker.on('message', (news: TrainingNews) => {
      if (news.kind === 'progress') onProgress?.(news.progress);
      else if (news.kind === 'done') resolve(news.trained);
      else if (news.kind === 'stopped') reject(signal?.reason);
      else reject(new ConfigError(news.code, news.message, news.details));
    });
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new Error(`the training thread ended early (${code})`)));
  });
}
