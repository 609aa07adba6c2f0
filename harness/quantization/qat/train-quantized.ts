import { setImmediate } from 'node:timers/promises';
import { ConfigError } from '../../errors.js';
import { type Checkpoint, TENSOR_NAMES } from '../../model/checkpoint.js';
import { requireFinite } from '../../model/finite-weights.js';
import type { Recipe } from '../recipe.js';
import { documentOrder } from './document-order.js';
import type { QatPlan } from './plan.js';
import { QuantizedStudent, type StepResult, type Trained } from './quantized-student.js';
import { simdPasses } from './simd-passes.js';
import { loadTraining, saveTraining, type TrainingPosition, trainingOrigin } from './training-state.js';

/** After each step. Losses are means over the step's tokens, nats, before its update. */
export interface QatProgress {
  /** Steps done, those of earlier runs included. */
  readonly step: number;
  readonly steps: number;
  /** What is made smaller: text's and teacher's part, mixed. */
  readonly lossNats: number;
  /** Cross-entropy with the text. */
  readonly textNats: number;
  /** KL(teacher || student) at the plan's temperature; absent without a teacher. */
  readonly teacherNats?: number;
  readonly gradientNorm: number;
  /** Predicted so far. */
  readonly tokens: number;
  /** Of this run. */
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

export interface QatOptions {
  readonly plan: QatPlan;
  readonly onProgress?: (progress: QatProgress) => void;
  /** Stops after the step that is being made; the state is kept. */
  readonly signal?: AbortSignal;
  /** Where the state is kept; goes on from there when it exists. It stays when the training is done: whoever named it removes it. Absent: not kept. */
  readonly stateFile?: string;
  /** After the first step, and then so often; default 15. */
  readonly saveEverySeconds?: number;
  readonly nowMs?: () => number;
}

/**
 * Trains a checkpoint for a recipe (`QuantizedStudent`), its own logits as its teacher. The same arguments give the same codes, scales and norms to
 * the bit, interrupted or not. Gives way to the event loop after every step.
 *
 * @param documents token ids, each at most as long as the model's context; those with nothing to predict are passed over
 * @throws ConfigError `weight-not-finite`, `training-text`, `training-diverged`, or as `loadTraining`; the signal's reason once it is aborted
 */
export async function trainQuantized(
  checkpoint: Checkpoint,
  recipe: Recipe,
  documents: readonly (readonly number[])[],
  options: QatOptions,
): Promise<Trained> {
  const { plan, signal, onProgress, nowMs = () => performance.now() } = options;
  signal?.throwIfAborted();
  for (const name of TENSOR_NAMES) requireFinite(checkpoint.tensors[name], name, name);
  const usable = documents.filter(({ length }) => length > 1);
  const passes = await simdPasses(checkpoint, plan.distillation, longest(usable, checkpoint));
  const student = new QuantizedStudent(checkpoint, recipe, plan, passes);
  const state = trainingFile(options, checkpoint, recipe, usable, student);
  const documentAt = documentOrder(plan.seed, usable.length);
  const start = (await state?.load()) ?? { step: 0, tokens: 0 };
  const clock = { startMs: nowMs(), savedMs: Number.NEGATIVE_INFINITY };
  let { step, tokens } = start;
  while (step < plan.steps) {
    const batch = Array.from(
      { length: plan.batchSize },
      (_, i) => usable[documentAt(step * plan.batchSize + i)]!,
    );
    const result = student.step(batch, step);
    requireNotDiverged(result, step);
    step += 1;
    tokens += result.tokens;
    onProgress?.(progressOf({ step, tokens }, start, result, plan, nowMs() - clock.startMs));
    await setImmediate();
    const due = nowMs() - clock.savedMs >= (options.saveEverySeconds ?? 15) * 1000;
    if (due || signal?.aborted || step === plan.steps) {
      await state?.save({ step, tokens });
      clock.savedMs = nowMs();
    }
    signal?.throwIfAborted();
  }
  return student.trained();
}

interface TrainingFile {
  load(): Promise<TrainingPosition | undefined>;
  save(position: TrainingPosition): Promise<void>;
}

function trainingFile(
  { stateFile, plan }: QatOptions,
  checkpoint: Checkpoint,
  recipe: Recipe,
  documents: readonly (readonly number[])[],
  student: QuantizedStudent,
): TrainingFile | undefined {
  if (stateFile === undefined) return undefined;
  const origin = trainingOrigin(checkpoint, recipe, plan, documents);
  return {
    load: () => loadTraining(stateFile, origin, student),
    save: (position) => saveTraining(stateFile, origin, position, student),
  };
}

function progressOf(
  now: TrainingPosition,
  start: TrainingPosition,
  { mixed, crossEntropy, divergence, gradientNorm }: StepResult,
  { steps, distillation }: QatPlan,
  elapsedMs: number,
): QatProgress {
  const seconds = Math.max(elapsedMs, 1) / 1000;
  return {
    step: now.step,
    steps,
    lossNats: mixed,
    textNats: crossEntropy,
    ...(distillation.share > 0 ? { teacherNats: divergence } : {}),
    gradientNorm,
    tokens: now.tokens,
    tokensPerSecond: (now.tokens - start.tokens) / seconds,
    secondsLeft: (seconds * (steps - now.step)) / (now.step - start.step),
  };
}

function longest(
  documents: readonly (readonly number[])[],
  { name, config: { contextLength } }: Checkpoint,
): number {
  if (documents.length === 0) {
    throw new ConfigError(
      'training-text',
      `no text to train ${name} on: give documents of at least 2 tokens`,
    );
  }
  const length = documents.reduce((most, document) => Math.max(most, document.length), 0);
  if (length <= contextLength) return length;
  const message = `a document of ${length} tokens does not fit ${name}'s context of ${contextLength}: cut it before training`;
  throw new ConfigError('training-text', message, { length, contextLength });
}

function requireNotDiverged({ mixed, gradientNorm }: StepResult, step: number): void {
  if (Number.isFinite(mixed) && Number.isFinite(gradientNorm)) return;
  const message = `the training diverged at step ${step + 1}: take a lower learning rate`;
  throw new ConfigError('training-diverged', message, { step: step + 1 });
}
