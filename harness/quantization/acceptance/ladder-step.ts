import type { Recipe } from '../recipe.js';

/** Why a build of the ladder is made. */
export const LADDER_STEPS = ['first', 'more-calibration', 'eight-bits', 'qat', 'checkpoint'] as const;
export type LadderStep = (typeof LADDER_STEPS)[number];

/** One try: a recipe on a model. */
export interface Rung {
  readonly step: LadderStep;
  readonly model: string;
  readonly recipe: Recipe;
}

/** A rung that makes no sense here, and why: recorded like the others. */
export interface SkippedRung {
  readonly step: LadderStep;
  readonly skipped: string;
}

export interface LadderSituation {
  readonly model: string;
  /** What was asked for. */
  readonly recipe: Recipe;
  /** Why the model cannot be trained here; absent when it can. */
  readonly untrainable?: string;
  /** Other checkpoints, in the order in which they are tried. */
  readonly checkpoints: readonly string[];
  /** Documents of the calibration text that the last calibrated try found, when it was calibrated. */
  readonly calibrationDocuments?: number;
}

const CALIBRATION_STEPS = [512, 2048] as const;

/**
 * What comes after so many rungs, made or skipped, none of which was accepted; undefined when the ladder is at its end. Seed 003's "Failure
 * handling" in the order of harness/quantization/QUANTIZATION.md.
 */
export function nextRung(done: number, situation: LadderSituation): Rung | SkippedRung | undefined {
  const { model, recipe, checkpoints } = situation;
  const rungs: readonly (() => Rung | SkippedRung)[] = [
    () => ({ step: 'first', model, recipe }),
    ...CALIBRATION_STEPS.map((samples) => () => moreCalibration(situation, samples)),
    () => eightBits(situation),
    () => training(situation),
    ...otherCheckpoints(recipe, checkpoints),
  ];
  return rungs[done]?.();
}

function moreCalibration(
  { model, recipe, calibrationDocuments }: LadderSituation,
  samples: number,
): Rung | SkippedRung {
  const step = 'more-calibration';
  const had = recipe.calibration?.samples ?? CALIBRATION_STEPS[0];
  if (recipe.method !== 'gptq' && recipe.method !== 'awq')
    return { step, skipped: `${recipe.method} looks at no calibration text` };
  if (had >= samples) return { step, skipped: `${had} samples were asked for already` };
  if (calibrationDocuments !== undefined && calibrationDocuments < had)
    return {
      step,
      skipped: `the calibration text has ${calibrationDocuments} documents, all of which were used`,
    };
  const { length = 256, seed = 1 } = recipe.calibration ?? {};
  return { step, model, recipe: { ...recipe, calibration: { samples, length, seed } } };
}

/** The same method where it can do that; what is asked for by group and by matrix was for fewer bits. */
function eightBits({ model, recipe }: LadderSituation): Rung | SkippedRung {
  if (recipe.bits >= 8) return { step: 'eight-bits', skipped: `${recipe.bits} bits were asked for already` };
  const { group: _group, threshold: _threshold, ...rest } = recipe;
  const method = recipe.method === 'qat' ? 'gptq' : recipe.method;
  return { step: 'eight-bits', model, recipe: { ...rest, method, bits: 8, exceptions: {} } };
}

function training({ model, recipe, untrainable }: LadderSituation): Rung | SkippedRung {
  if (recipe.method === 'qat') return { step: 'qat', skipped: 'it was trained already' };
  if (untrainable !== undefined) return { step: 'qat', skipped: untrainable };
  if (recipe.zero_point) return { step: 'qat', skipped: 'a build with zero points is for no board' };
  const { calibration: _calibration, ...rest } = recipe;
  return { step: 'qat', model, recipe: { ...rest, method: 'qat', act_order: false } };
}

function otherCheckpoints(recipe: Recipe, checkpoints: readonly string[]): (() => Rung | SkippedRung)[] {
  if (checkpoints.length === 0)
    return [() => ({ step: 'checkpoint', skipped: 'no other checkpoint was given' })];
  return checkpoints.map((model) => () => ({ step: 'checkpoint', model, recipe }));
}
